/**
 * What a handler sees of a request, nothing of it validated. `query` has a text for each parameter, and a list of them for one
 * that is given twice; `body` is parsed JSON, undefined without a body.
 */
export interface HttpRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  header(name: string): string | undefined;
  readonly body: unknown;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An endpoint as data. Its path, `/v1/orders/{id}`, is also what fault rules and request counts call it. */
export interface HttpRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** Throws DomainErrors, which become problems. `drop-connection` answers nothing: only the simulated acquirer does. */
  handle(request: HttpRequest): Promise<HttpReply | 'drop-connection'> | HttpReply;
}
