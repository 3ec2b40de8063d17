import type { Kafka } from 'kafkajs';
import type { Client } from 'pg';
import type { Cluster } from '../harness/cluster.ts';
import { withDatabase } from '../harness/database.ts';
import { type Offsets, readBounds, readRecords, type TopicRecord } from '../harness/kafka-topics.ts';
import type { PodRef } from '../harness/names.ts';
import type {
  EmailRow,
  EventRecord,
  FactRow,
  LedgerRow,
  OrderRow,
  OutboxRow,
  ReservationRow,
  SagaRow,
  ShipmentRow,
  ShopState,
  StepRow,
  StockRow,
} from './state.ts';

/** The start of a run. Older rows and records are not part of it. */
export interface Baseline {
  /** In Postgres' time. */
  readonly since: Date;
  readonly offsets: Offsets;
}

const shop = (name: string): PodRef => ({ namespace: 'shop', name });
const ordersDatabase = shop('orders');
const inventoryDatabase = shop('inventory');
const fulfillmentDatabase = shop('fulfillment');
const notificationsDatabase = shop('notifications');
const analyticsDatabase = shop('analytics');
const acquirerDatabase: PodRef = { namespace: 'partner', name: 'acquirer' };

export async function takeBaseline(cluster: Cluster, kafka: Kafka): Promise<Baseline> {
  const { end } = await readBounds(kafka);
  const [row] = await withDatabase(cluster, ordersDatabase, (client) =>
    select<{ now: Date }>(client, 'SELECT now() AS now'),
  );
  if (row === undefined) throw new Error('Postgres returned no time');
  return { since: row.now, offsets: end };
}

/** The number of orders, sagas and events that are in progress. */
export interface WorkInProgress {
  readonly orders: number;
  readonly sagas: number;
  readonly unpublished: number;
}

/** Counts the work in progress, without consumer lag. It is cheap enough to be polled. */
export async function countWorkInProgress(
  cluster: Cluster,
  { since }: Pick<Baseline, 'since'>,
): Promise<WorkInProgress> {
  const waiting = 'SELECT count(*)::int AS count FROM outbox WHERE published_at IS NULL';
  const [inOrders, inFulfillment] = await Promise.all([
    withDatabase(cluster, ordersDatabase, async (client) => ({
      orders: await countOf(
        client,
        "SELECT count(*)::int AS count FROM orders WHERE placed_at >= $1 AND status NOT IN ('fulfilled', 'cancelled')",
        since,
      ),
      sagas: await countOf(
        client,
        "SELECT count(*)::int AS count FROM sagas WHERE started_at >= $1 AND state <> 'ended'",
        since,
      ),
      unpublished: await countOf(client, waiting),
    })),
    withDatabase(cluster, fulfillmentDatabase, (client) => countOf(client, waiting)),
  ]);
  return { ...inOrders, unpublished: inOrders.unpublished + inFulfillment };
}

/** The topics that end below what their publisher has noted: they have lost records, and it has not noticed yet. */
export async function findLostTopics(cluster: Cluster, kafka: Kafka): Promise<readonly string[]> {
  const noted = await Promise.all(
    [ordersDatabase, fulfillmentDatabase].map((database) =>
      withDatabase(cluster, database, (client) =>
        select<{ topic: string; ends: string[] }>(client, 'SELECT topic, ends FROM topic_ends'),
      ),
    ),
  );
  const { end } = await readBounds(kafka);
  const isLost = ({ topic, ends }: { topic: string; ends: string[] }): boolean =>
    ends.some((one, partition) => (end[topic]?.[partition]?.offset ?? 0n) < BigInt(one));
  return noted
    .flat()
    .filter(isLost)
    .map(({ topic }) => topic);
}

/** Reads the state that the invariants check. */
export async function readState(cluster: Cluster, kafka: Kafka, { since, offsets }: Baseline): Promise<ShopState> {
  const [inOrders, inInventory, inFulfillment, emails, facts, ledger, records] = await Promise.all([
    withDatabase(cluster, ordersDatabase, (client) => readOrders(client, since)),
    withDatabase(cluster, inventoryDatabase, readStock),
    withDatabase(cluster, fulfillmentDatabase, (client) => readShipments(client, since)),
    withDatabase(cluster, notificationsDatabase, (client) =>
      select<EmailRow>(client, 'SELECT order_id AS "orderId", kind FROM emails WHERE at >= $1', since),
    ),
    withDatabase(cluster, analyticsDatabase, (client) =>
      select<FactRow>(
        client,
        `SELECT order_id AS "orderId", placed_at IS NOT NULL AS "wasPlaced", total_minor::float8 AS "totalMinor",
           currency, outcome FROM order_facts`,
      ),
    ),
    withDatabase(cluster, acquirerDatabase, (client) =>
      select<LedgerRow>(
        client,
        `SELECT id, order_id AS "orderId", kind, authorization_id AS "authorizationId",
           amount_minor::float8 AS "amountMinor", currency FROM ledger WHERE at >= $1`,
        since,
      ),
    ),
    readRecords(kafka, offsets, since),
  ]);
  const { outbox: ordersOutbox, ...ofOrders } = inOrders;
  const { outbox: fulfillmentOutbox, shipments } = inFulfillment;
  return {
    ...ofOrders,
    ...inInventory,
    shipments,
    emails,
    facts,
    ledger,
    outbox: [...ordersOutbox, ...fulfillmentOutbox],
    records: records.map(toEvent),
  };
}

async function readOrders(client: Client, since: Date) {
  const ofRun = 'order_id IN (SELECT id FROM orders WHERE placed_at >= $1)';
  return {
    orders: await select<OrderRow>(
      client,
      'SELECT id::text, status, items, currency, total_minor::float8 AS "totalMinor" FROM orders WHERE placed_at >= $1',
      since,
    ),
    sagas: await select<SagaRow>(
      client,
      `SELECT order_id::text AS "orderId", state, stuck_since IS NOT NULL AS "isStuck" FROM sagas WHERE ${ofRun}`,
      since,
    ),
    steps: await select<StepRow>(
      client,
      `SELECT order_id::text AS "orderId", step, state FROM saga_steps WHERE ${ofRun}`,
      since,
    ),
    outbox: await readOutbox(client, 'orders', since),
  };
}

async function readStock(client: Client) {
  // One statement reads one snapshot.
  const [row] = await select<{ stock: StockRow[]; reservations: ReservationRow[] }>(
    client,
    `SELECT
      (SELECT coalesce(json_agg(json_build_object('sku', sku, 'available', available)), '[]') FROM stock) AS stock,
      (SELECT coalesce(json_agg(json_build_object('orderId', order_id, 'sku', sku, 'quantity', quantity)), '[]')
         FROM reservations) AS reservations`,
  );
  return { stock: row?.stock ?? [], reservations: row?.reservations ?? [] };
}

async function readShipments(client: Client, since: Date) {
  return {
    shipments: await select<ShipmentRow>(client, 'SELECT order_id AS "orderId", status FROM shipments'),
    outbox: await readOutbox(client, 'fulfillment', since),
  };
}

type RawOutboxRow = Omit<OutboxRow, 'id' | 'database'> & { readonly id: string };

async function readOutbox(client: Client, database: string, since: Date): Promise<readonly OutboxRow[]> {
  const rows = await select<RawOutboxRow>(
    client,
    `SELECT id::text, event_id::text AS "eventId", topic, subject, type, published_at IS NOT NULL AS "isPublished",
       occurred_at >= $1 AS "isNew" FROM outbox`,
    since,
  );
  return rows.map((row) => ({ ...row, id: BigInt(row.id), database }));
}

function toEvent({ topic, partition, message }: TopicRecord): EventRecord {
  const header = (name: string): string => [message.headers?.[name]].flat().at(-1)?.toString() ?? '';
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString() ?? '',
    eventId: header('ce_id'),
    type: header('ce_type'),
  };
}

async function countOf(client: Client, sql: string, ...values: readonly unknown[]): Promise<number> {
  const [row] = await select<{ count: number }>(client, sql, ...values);
  return row?.count ?? 0;
}

async function select<Row extends object>(client: Client, sql: string, ...values: readonly unknown[]): Promise<Row[]> {
  const { rows } = await client.query<Row>(sql, [...values]);
  return rows;
}
