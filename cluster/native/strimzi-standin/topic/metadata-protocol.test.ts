import { expect, test } from 'vitest';
import { decodeMetadataResponse, encodeMetadataRequest } from './metadata-protocol.ts';

/** A response as a Kafka 4.3.1 broker sent it for a topic of one partition, without its length. */
const RESPONSE = [
  '00000001000000000002000000000a3132372e302e302e31000023840000174d6b55334f4556424e5463774e544a454e',
  '444d325167000000000200000564666c743d0091405beb4ec0b7431fc42fe4e274000200000000000000000000000000',
  '00020000000002000000000100800000000000',
].join('');
/** The same for a topic that does not exist. */
const NO_TOPIC = [
  '00000001000000000002000000000a3132372e302e302e31000023840000174d6b55334f4556424e5463774e544a454e',
  '444d32516700000000020003056e6f7065000000000000000000000000000000000001800000000000',
].join('');

test('the request says its length, its kind and the topic', () => {
  const frame = encodeMetadataRequest('orders.v1');
  expect(frame.readInt32BE(0)).toBe(frame.length - 4);
  expect([frame.readInt16BE(4), frame.readInt16BE(6)]).toEqual([3, 12]);
  expect(frame.toString('latin1')).toContain('orders.v1');
});

test('a real response gives the topic id and the replicas of each partition', () => {
  expect(decodeMetadataResponse(Buffer.from(RESPONSE, 'hex'))).toEqual({
    topicId: 'PQCRQFvrTsC3Qx_EL-TidA',
    replicasByPartition: [1],
  });
});

test('a topic that the broker does not know is undefined', () => {
  expect(decodeMetadataResponse(Buffer.from(NO_TOPIC, 'hex'))).toBeUndefined();
});
