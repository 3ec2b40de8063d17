import { databaseUrl, kafkaBrokers } from '../lib/config/variables.ts';
import { createApp } from '../lib/http/create-app.ts';
import { listen } from '../lib/http/listen.ts';
import { createBroker } from '../lib/kafka/broker.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/service/run-service.ts';
import { migrations, resetFacts } from './facts.ts';
import { projectOrders, topic } from './projection.ts';
import { analyticsRoutes } from './routes.ts';

const group = 'analytics';

export const run = defineService({
  name: 'analytics',
  variables: { DATABASE_URL: databaseUrl, KAFKA_BROKERS: kafkaBrokers },
  async start({ config, log, faults, lifecycle, fail }) {
    const database = await startDatabase(config.DATABASE_URL, migrations, { log, lifecycle });
    const broker = createBroker(group, config.KAFKA_BROKERS, log);
    const publisher = await broker.connectPublisher();
    lifecycle.onShutdown('producer', () => publisher.close());
    const handlers = projectOrders(database, log);
    const leave = await broker.consume([topic], { group, handlers, publisher, log }, fail);
    lifecycle.onShutdown('consumers', leave);
    const server = await listen(createApp(analyticsRoutes(database), faults, log), config.HOST, config.HTTP_PORT);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = `http://127.0.0.1:${server.port}/v1/stats`;
    return {
      warmUp: () => fetch(self).then((answer) => answer.text()),
      reset: () => resetFacts(database),
    };
  },
});
