import { allEvents } from '../contracts/all-events.ts';
import { createApp } from '../lib/http/create-app.ts';
import { listen } from '../lib/http/listen.ts';
import { connectKafka } from '../lib/messaging/connect-kafka.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, kafkaVariables } from '../lib/runtime/variables.ts';
import { migrations, resetFacts } from './facts.ts';
import { projectOrders, topic } from './projection.ts';
import { retentionsOf } from './retention.ts';
import { analyticsRoutes } from './routes.ts';

export const run = defineService({
  name: 'analytics',
  variables: { ...databaseVariables, ...kafkaVariables },
  async start(runtime) {
    const { config, log, faults, lifecycle } = runtime;
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const retentions = retentionsOf({ deduplicationDays: config.DEDUPLICATION_DAYS });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    const kafka = await connectKafka('analytics', database, runtime);
    await kafka.consume([topic], projectOrders(database, log), allEvents);
    const server = await listen(createApp(analyticsRoutes(database), faults, log), config.HOST, config.HTTP_PORT);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = `http://127.0.0.1:${server.port}/v1/stats`;
    return {
      warmUp: () => fetch(self).then((answer) => answer.text()),
      reset: () => resetFacts(database),
    };
  },
});
