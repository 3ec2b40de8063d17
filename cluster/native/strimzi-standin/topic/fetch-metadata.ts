import { connect } from 'node:net';
import { decodeMetadataResponse, encodeMetadataRequest, type TopicMetadata } from './metadata-protocol.ts';

const TIMEOUT_MS = 5_000;

/**
 * Asks a broker for one topic over a connection of its own.
 * @param broker host:port
 * @returns undefined where there is no such topic.
 * @throws Error when the broker does not answer within 5 s.
 */
export function fetchMetadata(broker: string, topic: string): Promise<TopicMetadata | undefined> {
  const [host = '', port] = broker.split(':');
  const { promise, resolve, reject } = Promise.withResolvers<TopicMetadata | undefined>();
  const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
  let received = Buffer.alloc(0);
  socket.on('connect', () => socket.write(encodeMetadataRequest(topic)));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
    try {
      resolve(decodeMetadataResponse(received.subarray(4)));
    } catch (error) {
      reject(error);
    }
    socket.destroy();
  });
  socket.on('timeout', () => socket.destroy(new Error(`${broker} did not answer within ${TIMEOUT_MS} ms`)));
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`${broker} closed the connection`)));
  return promise;
}
