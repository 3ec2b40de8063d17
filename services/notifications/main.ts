import { allEvents } from '../contracts/all-events.ts';
import type { HttpRoute } from '../lib/http/route.ts';
import { connectKafka } from '../lib/messaging/connect-kafka.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, kafkaVariables } from '../lib/runtime/variables.ts';
import { migrations, readEmails, resetEmails } from './emails.ts';
import { retentionsOf } from './retention.ts';
import { type EmailKind, tellCustomer, toldEvents } from './tell-customer.ts';

export const run = defineService({
  name: 'notifications',
  variables: { ...databaseVariables, ...kafkaVariables },
  async start(runtime) {
    const { config, log, lifecycle } = runtime;
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const retentions = retentionsOf({ deduplicationDays: config.DEDUPLICATION_DAYS });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    const kafka = await connectKafka('notifications', database, runtime);
    const told = Object.entries(toldEvents) as [EmailKind, (typeof toldEvents)[EmailKind]][];
    const handlers = told.map(([kind, event]) => ({ event, handle: tellCustomer(kind, database, log) }));
    const topics = [...new Set(told.map(([, { topic }]) => topic))];
    await kafka.consume(topics, handlers, allEvents);
    return { reset: () => resetEmails(database), reads: [emailsRoute(database)] };
  },
});

function emailsRoute(database: Database): HttpRoute {
  return {
    method: 'get',
    path: '/emails/{orderId}',
    handle: async ({ params }) => ({ status: 200, body: await readEmails(database, params.orderId ?? '') }),
  };
}
