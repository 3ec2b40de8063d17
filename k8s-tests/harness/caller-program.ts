/**
 * Makes calls and measures their times. It runs in this process for callers outside the mesh, and as a separate program
 * in a workload's container for the others: caller.ts sends its text there, so that a series costs one `kubectl exec`.
 * Therefore it imports no other file of this repository. It never retries a call: a second arrival is a proxy's retry.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Metadata, status as Status } from '@grpc/grpc-js';

/** The gRPC method or HTTP path of a host that a series calls. */
export interface RequestTarget {
  readonly protocol: 'grpc' | 'http';
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** Sent in addition to the request id. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The tokens of the senders, who take turns. @default none */
  readonly tokens?: readonly string[];
  /** In base64. @default nothing */
  readonly body?: string;
}

/** Calls to one target. */
export interface Series {
  readonly target: RequestTarget;
  readonly count: number;
  /** The number of calls started per second, even if earlier calls are unanswered. Unset: one call after the other. */
  readonly ratePerSecond?: number;
}

export interface CallRecord {
  /** The id that the caller sent. The gateway replaces it with its own, which is then in the response. */
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** A gRPC status name, an HTTP status as text, or the code of the error that ended the connection. */
  readonly status: string;
  /** The error message of a failure. Envoy's own responses state their reason in it. */
  readonly message: string;
}

/** Longer than the timeout of any policy, so that only the mesh ends a call. */
const patienceMs = 60_000;

/** Runs all series at once. The records of each series are in the order of their starts. */
export async function runSeries(all: readonly Series[]): Promise<CallRecord[][]> {
  const clients = new Map<string, Client>();
  const agent = new Agent({ keepAlive: true });
  const call = (target: RequestTarget): Promise<CallRecord> => {
    if (target.protocol === 'http') return record((id) => sendHttp(agent, target, id));
    const address = `${target.host}:${target.port}`;
    const client =
      clients.get(address) ?? new Client(address, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
    clients.set(address, client);
    return record((id) => sendGrpc(client, target, id));
  };
  try {
    // Opens the connections before the first measured call. No route has this path, so the proxy answers.
    await Promise.all(all.map(({ target }) => call(nth({ ...target, path: '/nobody.knows.This/Path' }, 0))));
    return await Promise.all(all.map((series) => runOne(series, call)));
  } finally {
    for (const client of clients.values()) client.close();
    agent.destroy();
  }
}

async function runOne(series: Series, call: (target: RequestTarget) => Promise<CallRecord>): Promise<CallRecord[]> {
  const { target, count, ratePerSecond } = series;
  const records: Promise<CallRecord>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) {
    if (ratePerSecond !== undefined)
      await sleep(Math.max(0, startedAt + (n * 1_000) / ratePerSecond - performance.now()));
    const one = call(nth(target, n));
    records.push(one);
    if (ratePerSecond === undefined) await one;
  }
  return Promise.all(records);
}

/** The target of a series' n-th call, which has the token of its sender. */
function nth(target: RequestTarget, n: number): RequestTarget {
  const { tokens = [], headers } = target;
  const token = tokens[n % tokens.length];
  return token === undefined ? target : { ...target, headers: { authorization: `Bearer ${token}`, ...headers } };
}

type Reply = Pick<CallRecord, 'status' | 'message'> & { readonly requestId?: string | undefined };

async function record(send: (requestId: string) => Promise<Reply>): Promise<CallRecord> {
  // Not a plain UUID, because Envoy would store its tracing decision in it.
  const requestId = `test-${randomUUID()}`;
  const startedAtMs = Date.now();
  const startedAt = performance.now();
  const outcome = await send(requestId);
  const durationMs = Math.round(performance.now() - startedAt);
  return { startedAtMs, durationMs, ...outcome, requestId: outcome.requestId ?? requestId };
}

function sendGrpc(client: Client, { path, headers, body = '' }: RequestTarget, requestId: string): Promise<Reply> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries({ ...headers, 'x-request-id': requestId })) metadata.set(name, value);
  const bytes = (buffer: Buffer): Buffer => buffer;
  return new Promise((resolve) => {
    const call = client.makeUnaryRequest(path, bytes, bytes, Buffer.from(body, 'base64'), metadata, (error) => {
      clearTimeout(timer);
      resolve({ status: Status[error?.code ?? Status.OK], message: error?.details.slice(0, 200) ?? '' });
    });
    // No deadline, because the client would send it as grpc-timeout, which proxies apply.
    const timer = setTimeout(() => call.cancel(), patienceMs);
  });
}

function sendHttp(agent: Agent, target: RequestTarget, requestId: string): Promise<Reply> {
  const { host, port, method, path, headers } = target;
  const body = Buffer.from(target.body ?? '', 'base64');
  return new Promise((resolve) => {
    const outgoing = request(
      {
        agent,
        host,
        port,
        method,
        path,
        headers: { ...headers, 'content-length': body.length, 'x-request-id': requestId },
        signal: AbortSignal.timeout(patienceMs),
      },
      (incoming) => {
        incoming.setEncoding('utf8');
        let text = '';
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          const status = String(incoming.statusCode);
          const echoed = incoming.headers['x-request-id'];
          resolve({
            status,
            message: status < '400' ? '' : text.slice(0, 200),
            requestId: typeof echoed === 'string' ? echoed : undefined,
          });
        });
      },
    );
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ status: error.code ?? error.name, message: error.message });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

if (import.meta.main) console.log(JSON.stringify(await runSeries(JSON.parse(process.argv[1] ?? '[]'))));
