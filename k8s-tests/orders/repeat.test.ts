import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../services/lib/observability/log.ts';
import { runSaga } from '../../services/orders/operations/run-saga.ts';
import { repeatStockCalls } from '../../services/orders/saga/repeat-calls.ts';
import { runRound, type Shop, startShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());
beforeEach(() => shop.reset());

async function repeat(since: Date): Promise<void> {
  const command = { kind: 'repeat', orders: { since }, reason: 'inventory was restored', by: 'ann' } as const;
  for await (const _ of runSaga(shop.database, command));
  await repeatStockCalls(shop.database, shop.partners.inventory, silentLog);
}

const readResults = async () =>
  (await shop.database.query<{ result: string }>('SELECT result FROM order_actions ORDER BY id')).rows.map(
    ({ result }) => result,
  );

test('after inventory has lost its reservations, a repeat restores those of orders that have them, once', async () => {
  const since = new Date(Date.now() - 60_000);
  const fulfilled = await shop.place({ isPending: false });
  const cancelled = await shop.place({ isPending: false, country: 'AQ' });
  for (let round = 0; round < 20 && (await runRound(shop, shop)); round++);
  const before = [await shop.summary(fulfilled), await shop.summary(cancelled)];
  expect(before).toMatchObject([
    { status: 'fulfilled', held: [{ sku: 'mug', quantity: 2 }] },
    { status: 'cancelled', held: [] },
  ]);

  await shop.loseStock();
  expect((await shop.summary(fulfilled)).held).toEqual([]);
  for (let run = 0; run < 2; run++) await repeat(since);
  expect([await shop.summary(fulfilled), await shop.summary(cancelled)]).toEqual(before);
  expect((await readResults()).sort()).toEqual(['released', 'released', 'reserved', 'reserved']);
  await expect(
    shop.partners.inventory.reserve({
      idempotencyKey: `reserve:${cancelled}`,
      orderId: cancelled,
      lines: [{ sku: 'mug', quantity: 2 }],
    }),
    'a delayed Reserve of the cancelled order',
  ).rejects.toMatchObject({ code: 'failed-precondition' });
});

test('stock that another order has taken since the restore is reported as short', async () => {
  const since = new Date(Date.now() - 60_000);
  const first = await shop.place({ isPending: false, sku: 'rare' });
  for (let round = 0; round < 20 && (await runRound(shop, shop)); round++);
  await shop.loseStock();
  await shop.partners.inventory.reserve({ idempotencyKey: 'k', orderId: 'o', lines: [{ sku: 'rare', quantity: 2 }] });
  await repeat(since);
  expect(await readResults()).toEqual(['short: rare (2 requested, 1 available)']);
  expect(await shop.summary(first)).toMatchObject({ status: 'fulfilled', saga: { state: 'ended' }, held: [] });
});
