import { MultipleErrors, NetworkError, ProtocolError } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { rejectionOf, shortId } from './broker-admin.ts';

test("a rejection has the name of Kafka's exception and the broker's own sentence", () => {
  const answered = new ProtocolError('INVALID_CONFIG', 'Unknown topic config name: nonsense');
  expect(rejectionOf(new MultipleErrors('Creating topics failed.', [answered]))).toMatchObject({
    reason: 'KafkaError',
    message: 'org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: nonsense',
  });
});

test('if the broker gives no sentence, the rejection has that of the error code', () => {
  const { message } = rejectionOf(new ProtocolError('INVALID_PARTITIONS')) ?? {};
  expect(message).toMatch(/^org\.apache\.kafka\.common\.errors\.InvalidPartitionsException: \w+/);
});

test('a lost connection and an error that may pass are no rejections', () => {
  expect(rejectionOf(new NetworkError('Connection failed.'))).toBeUndefined();
  expect(rejectionOf(new ProtocolError('NOT_CONTROLLER'))).toBeUndefined();
});

test("a topic's id is printed as Kafka's tools print it", () => {
  expect(shortId('3d009140-5beb-4ec0-b743-1fc42fe4e274')).toBe('PQCRQFvrTsC3Qx_EL-TidA');
});
