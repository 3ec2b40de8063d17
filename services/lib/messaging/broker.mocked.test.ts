import type { KafkaConfig } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { idleInTransactionTimeoutMs } from '../postgres/database.ts';
import { createBroker } from './broker.ts';

const clients = vi.hoisted((): KafkaConfig[] => []);
vi.mock('kafkajs', async (importOriginal) => ({
  ...(await importOriginal<typeof import('kafkajs')>()),
  Kafka: class {
    constructor(config: KafkaConfig) {
      clients.push(config);
    }
    producer = () => ({ connect: () => Promise.resolve() });
  },
}));

test('a publisher request times out before Postgres ends the transaction that waits for it', async () => {
  await createBroker('orders', { brokers: ['kafka:9092'] }, silentLog).connectPublisher();
  expect(clients[0]?.requestTimeout).toBeLessThan(idleInTransactionTimeoutMs);
});
