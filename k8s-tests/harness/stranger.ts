import { connect } from 'node:tls';

/** Connects by TLS as a client without a certificate, and sends something. Resolves once the server has hung up. */
export function knock(at: {
  readonly host: string;
  readonly port: number;
  readonly servername?: string;
}): Promise<void> {
  // What is tested is whom the server takes, not the server's certificate.
  const stranger = connect({ ...at, rejectUnauthorized: false });
  // In TLS 1.3 the server rejects a client after the handshake.
  stranger.on('secureConnect', () => stranger.write('anything'));
  stranger.on('error', () => undefined);
  return new Promise((resolve) => stranger.on('close', () => resolve()));
}
