import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { migrations } from '../store/store.ts';
import { insertOrder } from '../store/testing/insert-order.ts';
import { type ClaimedSaga, claimDueSagas, insertSaga, recordFailure } from './saga-store.ts';
import { toStoredName } from './stored-steps.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());

test.each([
  ['U+0000', 'upstream said \0', 'Error: upstream said \uFFFD'],
  ['half of a surrogate pair', 'x\ud800', 'Error: x\uFFFD'],
  ['6,000 characters', 'y'.repeat(6_000), `Error: ${'y'.repeat(493)}…`],
])('a failure whose text has %s is counted, and the order is released', async (_what, message, lastError) => {
  const orderId = await insertOrder(database);
  await insertSaga(database, orderId, false);
  const [saga] = await claimDueSagas(database, 1, 15_000);
  await recordFailure(database, saga as ClaimedSaga, { step: 'authorize', failures: 1, error: new Error(message) });
  const { rows } = await database.query(
    `SELECT s.attempts, lease, last_error FROM sagas s JOIN saga_steps USING (order_id)
     WHERE order_id = $1 AND step = $2`,
    [orderId, toStoredName('authorize')],
  );
  expect(rows).toEqual([{ attempts: 1, lease: null, last_error: lastError }]);
});
