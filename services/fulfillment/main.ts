import { orderReady } from '../contracts/events.ts';
import { databaseUrl, kafkaBrokers } from '../lib/config/variables.ts';
import { DomainError } from '../lib/errors/domain-error.ts';
import type { HttpRoute } from '../lib/http/route.ts';
import { createBroker } from '../lib/kafka/broker.ts';
import { startRelay } from '../lib/kafka/relay.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/service/run-service.ts';
import { onOrderReady } from './on-order-ready.ts';
import { migrations, readShipment, resetShipments } from './shipments.ts';

const group = 'fulfillment';

export const run = defineService({
  name: 'fulfillment',
  variables: { DATABASE_URL: databaseUrl, KAFKA_BROKERS: kafkaBrokers },
  async start({ config, log, lifecycle, fail }) {
    const database = await startDatabase(config.DATABASE_URL, migrations, { log, lifecycle });
    const broker = createBroker(group, config.KAFKA_BROKERS, log);
    const publisher = await broker.connectPublisher();
    lifecycle.onShutdown('producer', () => publisher.close());
    lifecycle.onShutdown('consumers', startRelay(database, publisher, log));
    const handlers = { [orderReady.type]: onOrderReady(database, log) };
    const leave = await broker.consume([orderReady.topic], { group, handlers, publisher, log }, fail);
    lifecycle.onShutdown('consumers', leave);
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
