import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { KafkaIdentity } from '../harness/kafka-client.ts';
import type { BrokerTarget } from './kafka-rights.ts';

/** ApiVersions, version 0: the request that a broker answers to every client that it lets in. */
const apiVersions = Buffer.from('0000000a00120000000000010000', 'hex');
/** The first byte of an alert in TLS. An answer of Kafka begins with its length. */
const alert = 0x15;
const timeoutMs = 10_000;

/**
 * Connects to a broker and asks for the versions of its API.
 * @param identity undefined: without TLS; without certificate and key: TLS without a client certificate
 * @returns `answered`, or what the client got instead: `alert`, the code of an error, or `silence`
 */
export function firstAnswer(
  { host, port, servername }: BrokerTarget,
  identity: (Pick<KafkaIdentity, 'ca'> & Partial<KafkaIdentity>) | undefined,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = identity ? connectTls({ host, port, servername, ...identity }) : connect(port, host);
  // In TLS 1.3 the server refuses a client after the handshake, which looks complete to the client.
  socket.once(identity ? 'secureConnect' : 'connect', () => socket.write(apiVersions));
  socket.once('data', ([first]: Buffer) => resolve(first === alert ? 'alert' : 'answered'));
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
  socket.once('close', () => resolve('silence'));
  socket.setTimeout(timeoutMs, () => resolve('silence'));
  return promise.finally(() => socket.destroy());
}
