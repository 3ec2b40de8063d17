import { Kafka } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readTopic } from './read-topic.ts';

type Read = (payload: {
  batch: Batch;
  resolveOffset: (offset: string) => void;
  heartbeat: () => Promise<void>;
}) => Promise<void>;
interface Batch {
  readonly partition: number;
  readonly messages: readonly { readonly offset: string; readonly key: null; readonly value: null }[];
  lastOffset(): string;
}

let read: Read;
const consumer = {
  events: { CRASH: 'consumer.crash' },
  on: vi.fn(),
  connect: vi.fn(),
  subscribe: vi.fn(),
  run: async ({ eachBatch }: { eachBatch: Read }) => {
    read = eachBatch;
  },
  disconnect: vi.fn(),
};
const admin = {
  connect: vi.fn(),
  disconnect: vi.fn(),
  deleteGroups: () => Promise.resolve(),
  fetchTopicOffsets: async () => [{ partition: 0, offset: '3', low: '0', high: '3' }],
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Kafka.prototype, 'admin').mockReturnValue(admin as unknown as ReturnType<Kafka['admin']>);
  vi.spyOn(Kafka.prototype, 'consumer').mockReturnValue(consumer as unknown as ReturnType<Kafka['consumer']>);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const receive = (offset: string, partition = 0) =>
  read({
    batch: { partition, messages: [{ offset, key: null, value: null }], lastOffset: () => offset },
    resolveOffset: () => undefined,
    heartbeat: async () => undefined,
  });

test('a reader stops after 30 s without a message, and its error names the partition and the offset', async () => {
  const reading = readTopic({ brokers: ['kafka:9092'] }, 'orders.v1');
  const failed = expect(reading).rejects.toThrow(
    'orders.v1: no message for 30 s. Not read to the end: partition 0, to offset 3. Were messages deleted meanwhile?',
  );
  await vi.advanceTimersByTimeAsync(29_000);
  await receive('0');
  await vi.advanceTimersByTimeAsync(15_000);
  await receive('7', 1);
  const before = consumer.disconnect.mock.calls.length;
  await vi.advanceTimersByTimeAsync(14_000);
  expect(consumer.disconnect.mock.calls).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(1_000);
  await failed;
});

test('a topic whose messages arrive slowly is read to its end', async () => {
  const reading = readTopic({ brokers: ['kafka:9092'] }, 'orders.v1');
  for (const offset of ['0', '1', '2']) {
    await vi.advanceTimersByTimeAsync(29_000);
    await receive(offset);
  }
  expect((await reading).map(({ offset }) => offset)).toEqual(['0', '1', '2']);
  expect(vi.getTimerCount()).toBe(0);
});
