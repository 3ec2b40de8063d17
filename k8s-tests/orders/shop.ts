import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { migrations as acquirerMigrations, readLedger, resetLedger } from '../../services/acquirer/ledger.ts';
import { acquirerRoutes } from '../../services/acquirer/routes.ts';
import { orderReady, shipmentFailed, shipmentScheduled } from '../../services/contracts/events.ts';
import { Inventory } from '../../services/contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { Payments } from '../../services/contracts/gen/windlass/payments/v1/payments_pb.js';
import { inventoryHandlers } from '../../services/inventory/handlers.ts';
import { migrations as inventoryMigrations, resetStock } from '../../services/inventory/stock.ts';
import { createFaultInjection } from '../../services/lib/faults/fault-injection.ts';
import { createGrpcClient } from '../../services/lib/grpc/client.ts';
import { serveGrpc } from '../../services/lib/grpc/server.ts';
import { createApp } from '../../services/lib/http/create-app.ts';
import { listen } from '../../services/lib/http/listen.ts';
import type { CloudEvent, EventType } from '../../services/lib/messaging/cloud-event.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { DomainError } from '../../services/lib/runtime/domain-error.ts';
import { startPostgres } from '../../services/lib/testing/databases.ts';
import { readOrderRequest } from '../../services/orders/api/order-request.ts';
import { placeOrder } from '../../services/orders/api/place-order.ts';
import { advanceSaga } from '../../services/orders/saga/advance-saga.ts';
import { onShipment } from '../../services/orders/saga/on-shipment.ts';
import { openingTokens } from '../../services/orders/saga/payment-calls.ts';
import { claimDueSagas } from '../../services/orders/saga/saga-store.ts';
import { migrations, readOrder, resetOrders } from '../../services/orders/store/store.ts';
import { testVault } from '../../services/orders/tokens/testing/vault.ts';
import { createAcquirerClient } from '../../services/payments/acquirer-client.ts';
import { paymentsHandlers } from '../../services/payments/handlers.ts';
import { createPayments, migrations as paymentsMigrations, resetPayments } from '../../services/payments/payments.ts';

/**
 * Starts the database of orders and its real partners in this process, behind real gRPC and HTTP. A saga needs
 * nothing else except Kafka.
 */
export async function startShop() {
  const postgres = await startPostgres();
  const open = async (name: string, folder: string): Promise<Database> => {
    const opened = openDatabase(await postgres.createDatabase(name), silentLog);
    await migrate(opened, folder);
    return opened;
  };
  const database = await open('orders', migrations);
  const stock = await open('inventory', inventoryMigrations);
  const payments = await open('payments', paymentsMigrations);
  const ledger = await open('acquirer', acquirerMigrations);
  const faults = createFaultInjection(true);
  const options = { host: '127.0.0.1', port: 0, faults, log: silentLog };
  const acquirer = await listen(createApp(acquirerRoutes(ledger), faults, silentLog), '127.0.0.1', 0);
  const operations = createPayments(payments, createAcquirerClient(`http://127.0.0.1:${acquirer.port}`));
  const paymentsServer = await serveGrpc(Payments, paymentsHandlers(operations), options);
  const inventoryServer = await serveGrpc(Inventory, inventoryHandlers(stock), options);
  const inventoryClient = createGrpcClient(Inventory, `127.0.0.1:${inventoryServer.port}`);
  const paymentsClient = createGrpcClient(Payments, `127.0.0.1:${paymentsServer.port}`);
  const partners = {
    inventory: inventoryClient.calls,
    payments: openingTokens(paymentsClient.calls, testVault),
  };

  return {
    /** Of the database of orders. */
    url: postgres.urlOf('orders'),
    database,
    faults,
    partners,

    async reset(): Promise<void> {
      faults.rules.replace([]);
      faults.requestCounter.clear();
      await Promise.all([resetOrders(database), resetStock(stock), resetPayments(payments), resetLedger(ledger)]);
    },

    /** As after a restore of inventory's database to a point before all orders. */
    loseStock: () => resetStock(stock),

    async stop(): Promise<void> {
      inventoryClient.close();
      paymentsClient.close();
      await Promise.all([inventoryServer, paymentsServer, acquirer].map((server) => server.drain()));
      await Promise.all([database, stock, payments, ledger].map((opened) => opened.close()));
      await postgres.stop();
    },

    /**
     * Places an order as the endpoint does.
     * @returns its id
     */
    async place({ sku = 'mug', paymentToken = 'tok_ok', country = 'NO', isPending = true } = {}): Promise<string> {
      const shippingAddress = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country };
      const body = { items: [{ sku, quantity: 2 }], shippingAddress, paymentToken };
      const noAnswer = { check: () => Promise.reject(new DomainError('outcome-unknown', 'timed out')) };
      const inventory = isPending ? noAnswer : partners.inventory;
      const deps = { database, inventory, payments: partners.payments, vault: testVault, log: silentLog };
      const { outcome } = await placeOrder(deps, readOrderRequest('c-1', randomUUID(), body));
      if (outcome.kind !== 'placed') throw new Error(`The order was not placed: ${outcome.kind}.`);
      return outcome.order.orderId;
    },

    /** The events with which fulfillment answers order.ready. Each call returns the same events. */
    async shipments(): Promise<CloudEvent[]> {
      const { rows } = await database.query<{ event_id: string; subject: string; data: string }>(
        'SELECT event_id, subject, data FROM outbox WHERE type = $1 ORDER BY id',
        [orderReady.type],
      );
      return rows.map(({ event_id, subject: orderId, data }) =>
        JSON.parse(data).country === 'AQ'
          ? toEvent(shipmentFailed, event_id, orderId, { orderId, reason: 'the carrier does not serve AQ' })
          : toEvent(shipmentScheduled, event_id, orderId, { orderId }),
      );
    },

    /** The result of an order. Two orders with the same end have equal summaries. */
    async summary(orderId: string) {
      const { rows: steps } = await database.query<{ step: string; state: string }>(
        'SELECT step, state FROM saga_steps WHERE order_id = $1',
        [orderId],
      );
      const { rows: sagas } = await database.query(
        'SELECT state, reason, attempts, stuck_since, lease FROM sagas WHERE order_id = $1',
        [orderId],
      );
      const { rows: events } = await database.query<{ type: string }>(
        'SELECT type FROM outbox WHERE subject = $1 ORDER BY id',
        [orderId],
      );
      const { rows: held } = await stock.query<{ sku: string; quantity: number }>(
        'SELECT sku, quantity FROM reservations WHERE order_id = $1',
        [orderId],
      );
      const { rows: lost } = await stock.query(
        `SELECT sku FROM stock s
         WHERE available + (SELECT coalesce(sum(quantity), 0) FROM reservations r WHERE r.sku = s.sku)
           <> CASE sku WHEN 'rare' THEN 3 WHEN 'gone' THEN 0 ELSE 1000000 END`,
      );
      const { rows: tokens } = await database.query('SELECT 1 FROM orders WHERE payment_token IS NOT NULL');
      const order = await readOrder(database, orderId, 'anyone');
      return {
        status: order?.status,
        history: order?.history.map(({ status, reason }) => (reason ? `${status}: ${reason}` : status)),
        steps: Object.fromEntries(steps.map(({ step, state }) => [step, state])),
        saga: sagas[0],
        events: events.map(({ type }) => type.replace(/^windlass\.(.*)\.v1$/, '$1')),
        ledger: (await readLedger(ledger, orderId)).map(({ kind }) => kind),
        held,
        lostStock: lost,
        keptTokens: tokens.length,
      };
    },
  };
}

/**
 * Stands in for fulfillment and delivers all its events, as after a rebalance. If a handler fails, the next call
 * delivers its event again.
 */
export async function deliverShipments(shop: Shop, database: Database): Promise<void> {
  const handlers = new Map(onShipment({ database, log: silentLog }).map(({ event, handle }) => [event.type, handle]));
  for (const event of await shop.shipments())
    await handlers
      .get(event.type)?.(event)
      .catch(() => undefined);
}

/**
 * Runs one round of a worker without its pauses: all leases have expired, and every saga is due.
 * @returns false if all sagas have ended
 */
export async function runRound(
  shop: Shop,
  { database, partners }: Pick<Shop, 'database' | 'partners'>,
): Promise<boolean> {
  await shop.database.query(
    "UPDATE sagas SET leased_until = now() - interval '1 s', next_attempt_at = now() WHERE state <> 'ended'",
  );
  const claimedAt = performance.now();
  const sagas = await claimDueSagas(database, 16, 15_000).catch(() => []);
  const { signal } = new AbortController();
  const deps = { database, ...partners, log: silentLog };
  await Promise.all(sagas.map((saga) => advanceSaga(deps, saga, claimedAt, signal)));
  await deliverShipments(shop, database);
  const { rows } = await shop.database.query("SELECT 1 FROM sagas WHERE state <> 'ended' LIMIT 1");
  return rows.length > 0;
}

export type Shop = Awaited<ReturnType<typeof startShop>>;

function toEvent<Schema extends DescMessage>(
  { type, schema }: EventType<Schema>,
  cause: string,
  subject: string,
  data: MessageInitShape<Schema>,
): CloudEvent {
  const [source, time] = ['/windlass/fulfillment', '2026-11-21T10:00:00.000Z'];
  return { id: `shipment-${cause}`, source, type, subject, time, data: toJsonString(schema, create(schema, data)) };
}
