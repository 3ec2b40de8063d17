/**
 * Makes calls and times them. Runs in this process for callers outside the mesh, and as a program of its own in a workload's
 * container (caller.ts sends its text there), so that a whole series costs one `kubectl exec`. That is why it imports nothing
 * of ours. It never tries a call again: what arrives more than once was repeated by a proxy.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Metadata, status as Status } from '@grpc/grpc-js';

/** What is called: a gRPC method or an HTTP path of a host. */
export interface RequestTarget {
  readonly protocol: 'grpc' | 'http';
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** Sent besides the request id. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In base64. @default nothing */
  readonly body?: string;
}

/** Calls of one target. */
export interface Series {
  readonly target: RequestTarget;
  readonly count: number;
  /** How many start in a second, whether or not those before were answered. Unset: one after the other. */
  readonly ratePerSecond?: number;
}

export interface CallRecord {
  /** What the caller sent; the gateway sets its own, which is then in the answer. */
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** A gRPC status name, an HTTP status as text, or the code of the error that ended the connection. */
  readonly status: string;
  /** Of a failure, what was said about it: Envoy's own answers say why they were given. */
  readonly message: string;
}

/** A caller that waits longer than any policy does: it must be the mesh that ends a call. */
const patienceMs = 60_000;

/** All series at once; each one's records in the order of their starts. */
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
    // So that the first call measured pays for no connection. No route knows the path: the proxy itself answers.
    await Promise.all(all.map(({ target }) => call({ ...target, path: '/nobody.knows.This/Path' })));
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
    const one = call(target);
    records.push(one);
    if (ratePerSecond === undefined) await one;
  }
  return Promise.all(records);
}

type Reply = Pick<CallRecord, 'status' | 'message'> & { readonly requestId?: string | undefined };

async function record(send: (requestId: string) => Promise<Reply>): Promise<CallRecord> {
  // Not a bare UUID: Envoy would mark its own tracing decision in one.
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
    // No deadline: it would go along as grpc-timeout, which proxies heed.
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
