import { allEvents } from '../contracts/all-events.ts';
import { orderReady } from '../contracts/events.ts';
import { topicsOf } from '../contracts/topics.ts';
import type { HttpRoute } from '../lib/http/route.ts';
import { connectKafka } from '../lib/messaging/connect-kafka.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, kafkaVariables, recordVariables } from '../lib/runtime/variables.ts';
import { onOrderReady } from './on-order-ready.ts';
import { retentionsOf } from './retention.ts';
import { migrations, readShipment, resetShipments } from './shipments.ts';

export const run = defineService({
  name: 'fulfillment',
  variables: { ...databaseVariables, ...kafkaVariables, ...recordVariables },
  async start(runtime) {
    const { config, log, lifecycle } = runtime;
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const retentions = retentionsOf({
      deduplicationDays: config.DEDUPLICATION_DAYS,
      recordRetentionDays: config.RECORD_RETENTION_DAYS,
    });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    const kafka = await connectKafka('fulfillment', database, runtime);
    await kafka.relay(topicsOf('/windlass/fulfillment'));
    const handlers = [{ event: orderReady, handle: onOrderReady(database, log) }];
    await kafka.consume([orderReady.topic], handlers, allEvents);
    return { reset: () => resetShipments(database), reads: [shipmentsRoute(database)] };
  },
});

function shipmentsRoute(database: Database): HttpRoute {
  return {
    method: 'get',
    path: '/shipments/{orderId}',
    handle: async ({ params }) => {
      const shipment = await readShipment(database, params.orderId ?? '');
      if (!shipment) throw new DomainError('not-found', 'There is no shipment of this order.');
      return { status: 200, body: shipment };
    },
  };
}
