import { MultipleErrors, NetworkError, ProtocolError } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { refusal, shortId } from './broker-admin.ts';

test("a broker's refusal has the name of Kafka's exception and the broker's own sentence", () => {
  const answered = new ProtocolError('INVALID_CONFIG', 'Unknown topic config name: nonsense');
  expect(refusal(new MultipleErrors('Creating topics failed.', [answered]))).toMatchObject({
    reason: 'KafkaError',
    message: 'org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: nonsense',
  });
});

test('where the broker gives no sentence, the error code has one', () => {
  const { message } = refusal(new ProtocolError('INVALID_PARTITIONS')) ?? {};
  expect(message).toMatch(/^org\.apache\.kafka\.common\.errors\.InvalidPartitionsException: \w+/);
});

test('a lost connection and an error that may pass are no refusals', () => {
  expect(refusal(new NetworkError('Connection failed.'))).toBeUndefined();
  expect(refusal(new ProtocolError('NOT_CONTROLLER'))).toBeUndefined();
});

test("a topic's id is printed as Kafka's tools print it", () => {
  expect(shortId('3d009140-5beb-4ec0-b743-1fc42fe4e274')).toBe('PQCRQFvrTsC3Qx_EL-TidA');
});
