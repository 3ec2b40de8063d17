import { databaseUrl, kafkaBrokers } from '../../lib/config/variables.ts';
import { createBroker } from '../../lib/kafka/broker.ts';
import { startRelay } from '../../lib/kafka/relay.ts';
import { startDatabase } from '../../lib/postgres/start-database.ts';
import { defineService } from '../../lib/service/run-service.ts';
import { purgeOrderKeys } from '../idempotency-keys.ts';
import { migrations } from '../store.ts';

const purgeIntervalMs = 10 * 60_000;

/** What orders does when no user waits: relays the outbox and forgets old idempotency keys. */
export const run = defineService({
  name: 'orders-worker',
  variables: { DATABASE_URL: databaseUrl, KAFKA_BROKERS: kafkaBrokers },
  async start({ config, log, lifecycle }) {
    const database = await startDatabase(config.DATABASE_URL, migrations, { log, lifecycle });
    const publisher = await createBroker('orders-worker', config.KAFKA_BROKERS, log).connectPublisher();
    lifecycle.onShutdown('producer', () => publisher.close());
    lifecycle.onShutdown('consumers', startRelay(database, publisher, log));
    const purge = setInterval(
      () => void purgeOrderKeys(database).catch((err: unknown) => log.warn({ err }, 'old keys not purged')),
      purgeIntervalMs,
    );
    lifecycle.onShutdown('consumers', () => clearInterval(purge));
    // Its data is orders' data, which orders resets.
    return { reset: async () => {} };
  },
});
