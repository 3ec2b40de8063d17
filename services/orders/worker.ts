import { allEvents } from '../contracts/all-events.ts';
import { shipmentScheduled } from '../contracts/events.ts';
import { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { topicsOf } from '../contracts/topics.ts';
import { createGrpcClient } from '../lib/grpc/client.ts';
import { connectKafka } from '../lib/messaging/connect-kafka.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import {
  databaseFiles,
  databaseVariables,
  grpcAddress,
  kafkaVariables,
  recordVariables,
} from '../lib/runtime/variables.ts';
import { startHousekeeping } from './saga/housekeeping.ts';
import { onShipment } from './saga/on-shipment.ts';
import { openingTokens } from './saga/payment-calls.ts';
import { runSagas } from './saga/run-sagas.ts';
import { observeOrders } from './saga/saga-metrics.ts';
import { retentionsOf } from './store/retention.ts';
import { migrations } from './store/store.ts';
import { tokenKeyVariables } from './tokens/token-keys.ts';
import { openTokenVault } from './tokens/token-vault.ts';

/** The background work of orders: advances accepted orders, relays the outbox, and does housekeeping. */
export const run = defineService({
  name: 'orders-worker',
  variables: {
    ...databaseVariables,
    ...kafkaVariables,
    ...recordVariables,
    ...tokenKeyVariables,
    INVENTORY_ADDRESS: grpcAddress,
    PAYMENTS_ADDRESS: grpcAddress,
  },
  async start(runtime) {
    const { config, log, lifecycle } = runtime;
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const inventory = createGrpcClient(Inventory, config.INVENTORY_ADDRESS);
    const payments = createGrpcClient(Payments, config.PAYMENTS_ADDRESS);
    lifecycle.onShutdown('pool', () => inventory.close());
    lifecycle.onShutdown('pool', () => payments.close());
    const vault = openTokenVault(config.PAYMENT_TOKEN_KEYS_FILE);
    const deps = { database, log, inventory: inventory.calls, payments: openingTokens(payments.calls, vault) };
    observeOrders(database);
    // These start before Kafka, which they do not need and which may take long to be ready.
    lifecycle.onShutdown('consumers', runSagas(deps));
    const retentions = retentionsOf({
      deduplicationDays: config.DEDUPLICATION_DAYS,
      recordRetentionDays: config.RECORD_RETENTION_DAYS,
    });
    lifecycle.onShutdown('consumers', startHousekeeping({ ...deps, vault, retentions }));

    const kafka = await connectKafka('orders-worker', database, runtime);
    await kafka.relay(topicsOf('/windlass/orders'));
    await kafka.consume([shipmentScheduled.topic], onShipment(deps), allEvents);
    // The worker shares the database of orders, which orders resets.
    return { reset: async () => {} };
  },
});
