import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly port: number;
  /** Accepts no new connections, closes idle ones and waits for the requests in flight. */
  drain(): Promise<void>;
}

const idleCheckIntervalMs = 50;

/** A server's certificate and its private key, both as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Serves on host:port; port 0 selects a free port. With a certificate it serves TLS only. Rejects if the port is in
 * use, or if certificate and key do not match.
 */
export async function listen(
  handler: RequestListener,
  host: string,
  port: number,
  certificate?: Certificate,
): Promise<Listening> {
  // The sidecar in front is responsible for timeouts and idle connections. If a server closes idle connections itself
  // (Node does after 5 s), it races with the proxy's next request on them, which then fails without a retry.
  const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
  const server = certificate
    ? createTlsServer({ ...options, ...certificate }, handler)
    : createServer(options, handler);
  // Node would answer an unknown expectation itself, with a 417 that has no body. HTTP permits to ignore it.
  server.on('checkExpectation', handler);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    drain: () =>
      new Promise((resolve, reject) => {
        // More connections become idle during the drain, and `close` waits for all of them.
        const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckIntervalMs);
        server.close((error) => {
          clearInterval(idleCheck);
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}
