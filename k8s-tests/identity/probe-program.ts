/**
 * A program of its own, which a test runs in a pod without a sidecar: it calls services as strangers would, with a
 * certificate or without, and reports who answered. It reads `ProbeInput` from its standard input.
 */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';

export interface ProbeInput {
  /** By name: PEM texts. A name without any speaks TLS without a certificate of its own. */
  readonly credentials: Readonly<Record<string, { readonly cert?: string; readonly key?: string }>>;
  readonly probes: readonly Probe[];
}

export interface Probe {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'http' | 'grpc';
  readonly method: string;
  readonly path: string;
  /** One of `credentials`, or `plaintext`. */
  readonly credential: string;
}

/** `open`: the application answered. `denied`: its proxy refused the call. `closed`: it refused the connection. */
export type ProbeResult = 'open' | 'denied' | 'closed' | `unclear: ${string}`;

const TIMEOUT_MS = 5_000;
const IN_FLIGHT = 16;
const PERMISSION_DENIED = '7';

async function connect({ address, port, protocol, credential }: Probe, input: ProbeInput): Promise<net.Socket> {
  const secure = credential !== 'plaintext';
  const socket = secure
    ? tls.connect({
        host: address,
        port,
        ...input.credentials[credential],
        // Who the callee is does not matter here: a stranger takes any answer.
        rejectUnauthorized: false,
        ALPNProtocols: [protocol === 'grpc' ? 'h2' : 'http/1.1'],
      })
    : net.connect(port, address);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timeout')));
  await once(socket, secure ? 'secureConnect' : 'connect');
  return socket;
}

/** A gRPC call with an empty message, which every service rejects before it does anything. */
async function callGrpc(socket: net.Socket, { method, path }: Probe): Promise<ProbeResult> {
  const session = http2.connect('http://callee', { createConnection: () => socket });
  try {
    const headers = { ':method': method, ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const request = session.request(headers, { endStream: false });
    const seen: Record<string, unknown> = {};
    const keep = (headers: object) => Object.assign(seen, headers);
    request.on('response', keep).on('trailers', keep).resume();
    const failed = Promise.withResolvers<never>();
    session.on('error', failed.reject);
    request.end(Buffer.alloc(5));
    await Promise.race([once(request, 'end'), failed.promise]);
    if (seen['grpc-status'] === PERMISSION_DENIED || seen[':status'] === 403) return 'denied';
    return seen[':status'] === undefined ? 'closed' : 'open';
  } finally {
    session.destroy();
  }
}

async function callHttp(socket: net.Socket, { method, path }: Probe): Promise<ProbeResult> {
  try {
    const request = http.request({ createConnection: () => socket, method, path, headers: { host: 'callee' } });
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    return response.statusCode === 403 ? 'denied' : 'open';
  } finally {
    socket.destroy();
  }
}

const CLOSED = /^(ECONNRESET|EPIPE|ERR_SSL_.*|ERR_HTTP2_.*|HPE_.*)$/;

async function run(probe: Probe, input: ProbeInput): Promise<ProbeResult> {
  try {
    const socket = await connect(probe, input);
    return await (probe.protocol === 'grpc' ? callGrpc(socket, probe) : callHttp(socket, probe));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return CLOSED.test(code ?? '') ? 'closed' : `unclear: ${code} ${message}`;
  }
}

const input = JSON.parse(await text(process.stdin)) as ProbeInput;
const results: ProbeResult[] = [];
let next = 0;
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    for (let index = next++; index < input.probes.length; index = next++)
      results[index] = await run(input.probes[index] as Probe, input);
  }),
);
console.log(JSON.stringify(results));
