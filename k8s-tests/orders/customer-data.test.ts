/** What each service exports about a customer's orders; orders' own part has tests beside it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { customerData as analytics } from '../../services/analytics/operations/customer-data.ts';
import { customerData as fulfillment } from '../../services/fulfillment/operations/customer-data.ts';
import { customerData as inventory } from '../../services/inventory/operations/customer-data.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { answer, type SubjectPart, type SubjectRequest } from '../../services/lib/runtime/subject-program.ts';
import { startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { customerData as notifications } from '../../services/notifications/operations/customer-data.ts';
import { customerData as payments } from '../../services/payments/operations/customer-data.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const subject = { id: 'c-1', records: ['o-1', 'o-2'] };

/** Asks a part about c-1, whose orders are o-1 and o-2, on a database with these rows. */
async function ask(name: string, part: SubjectPart, rows: string, ...actions: SubjectRequest['action'][]) {
  const database = openDatabase(await postgres.createDatabase(name), silentLog);
  try {
    await migrate(database, join(root, 'services', name, 'migrations'));
    await database.query(rows);
    const answers: object[] = [];
    for (const action of actions) answers.push(await answer(database, part, { action, subject }));
    return answers;
  } finally {
    await database.close();
  }
}

test('inventory exports the stock of the orders', async () => {
  const rows = `INSERT INTO stock VALUES ('mug', 1);
    INSERT INTO order_holds (order_id) VALUES ('o-1'), ('o-9');
    INSERT INTO reservations (order_id, sku, quantity) VALUES ('o-1', 'mug', 2), ('o-9', 'mug', 3)`;
  expect(await ask('inventory', inventory, rows, 'export', 'erase')).toEqual([
    {
      reservations: [{ orderId: 'o-1', sku: 'mug', quantity: 2, reservedAt: expect.any(Date) }],
      holds: [{ orderId: 'o-1', at: expect.any(Date), releasedAt: null }],
    },
    {},
  ]);
});

test('payments exports the answers of the acquirer', async () => {
  const rows = `INSERT INTO idempotency_keys (operation, key, fingerprint, response)
    VALUES ('Authorize', 'authorize:o-1', 'f', '{"status":"authorized"}'), ('captures', 'capture:o-2', 'f', '"c-1"'),
      ('Authorize', 'authorize:o-9', 'f', '{}')`;
  const [document] = await ask('payments', payments, rows, 'export');
  expect(document).toMatchObject({
    calls: [
      { key: 'authorize:o-1', response: { status: 'authorized' } },
      { operation: 'captures', key: 'capture:o-2', response: 'c-1' },
    ],
  });
});

test('fulfillment exports the shipments', async () => {
  const rows = "INSERT INTO shipments (order_id, status) VALUES ('o-1', 'scheduled'), ('o-9', 'scheduled')";
  expect(await ask('fulfillment', fulfillment, rows, 'export')).toMatchObject([
    { shipments: [{ orderId: 'o-1', status: 'scheduled', reason: null }] },
  ]);
});

test('analytics exports the facts', async () => {
  const rows = "INSERT INTO order_facts (order_id, outcome) VALUES ('o-2', 'fulfilled'), ('o-9', 'fulfilled')";
  expect(await ask('analytics', analytics, rows, 'export')).toMatchObject([
    { facts: [{ orderId: 'o-2', outcome: 'fulfilled' }] },
  ]);
});

test('notifications exports the e-mails and deletes them once, and a dry run deletes none', async () => {
  const rows = `INSERT INTO emails (order_id, customer_id, kind)
    VALUES ('o-1', 'c-1', 'order.placed'), ('o-9', 'c-9', 'order.placed')`;
  const ofCustomer = { emails: [{ orderId: 'o-1', kind: 'order.placed', at: expect.any(Date) }] };
  const answers = await ask('notifications', notifications, rows, 'try-erase', 'export', 'erase', 'export', 'erase');
  expect(answers).toEqual([
    { 'e-mails deleted': 1 },
    ofCustomer,
    { 'e-mails deleted': 1 },
    { emails: [] },
    { 'e-mails deleted': 0 },
  ]);
});
