import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { type Sender, tokenOf } from './tokens.ts';

/** A request as data: what is sent, and how long its sender is ready to wait. */
export interface HttpRequest {
  /** @default GET */
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose token it has. @default none: the request has no token */
  readonly as?: Sender;
  readonly body?: string;
  /** @default 30_000 */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly call: HttpRequest;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly durationMs: number;
}

// node:http never repeats a request, not even on a kept-alive connection that was closed under it: a measuring client
// that retried would hide the failures it is there to count.
const agent = new Agent({ keepAlive: true });

/** Closes kept connections: what they were made to, such as a listener of Envoy, stays the same while they are kept. */
export function closeConnections(): void {
  agent.destroy();
}

/** Sends the call once. Rejects when no whole answer came; every HTTP status is an answer. */
export async function send(call: HttpRequest): Promise<HttpResponse> {
  const token = call.as && { authorization: `Bearer ${await tokenOf(call.as)}` };
  const startedAt = performance.now();
  const timeoutMs = call.timeoutMs ?? 30_000;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`${call.method ?? 'GET'} ${call.url}: ${error.message}`, { cause: error }));
    const outgoing = request(
      call.url,
      {
        agent,
        method: call.method ?? 'GET',
        headers: {
          ...(call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
          ...token,
          ...call.headers,
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (incoming) => {
        incoming.setEncoding('utf8');
        let text = '';
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('error', fail);
        incoming.on('end', () =>
          resolve({
            call,
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            durationMs: performance.now() - startedAt,
          }),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end(call.body);
  });
}

/** The value of a header that must be there once. */
export function headerOf(answer: HttpResponse, name: string): string {
  const value = answer.headers[name];
  if (typeof value !== 'string') throw new Error(`the answer to ${answer.call.url} has no header ${name}`);
  return value;
}

/** The trace id in the answer's W3C `traceresponse`. */
export function traceIdOf(answer: HttpResponse): string {
  const value = headerOf(answer, 'traceresponse');
  const traceId = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(value)?.[1];
  if (traceId === undefined) throw new Error(`traceresponse is not a W3C trace context: ${value}`);
  return traceId;
}
