/** What a handler sees of a request. `body` is parsed JSON, not yet validated; undefined without a body. */
export interface HttpRequest {
  readonly params: Readonly<Record<string, string>>;
  header(name: string): string | undefined;
  readonly body: unknown;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An endpoint as data. Its path, `/v1/orders/{id}`, is also what fault rules and hits call it. */
export interface HttpRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** Throws DomainErrors, which become problems. `drop-connection` answers nothing: only the simulated acquirer does. */
  handle(request: HttpRequest): Promise<HttpReply | 'drop-connection'> | HttpReply;
}
