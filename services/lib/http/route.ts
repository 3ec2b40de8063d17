/**
 * A request as handlers see it, not validated. `query` has a string for each parameter, and an array of strings for a
 * parameter that is given more than once. `body` is parsed JSON; undefined without a body.
 */
export interface HttpRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** @throws DomainError `invalid` if the header is given more than once */
  header(name: string): string | undefined;
  readonly body: unknown;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An endpoint as data. Fault rules and request counts refer to it by its path, `/v1/orders/{id}`. */
export interface HttpRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /**
   * Throws DomainErrors, which become problems. `drop-connection` closes the connection without an answer; only the
   * simulated acquirer uses it.
   */
  handle(request: HttpRequest): Promise<HttpReply | 'drop-connection'> | HttpReply;
}
