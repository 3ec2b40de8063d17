import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Queryable } from '../../services/lib/postgres/database.ts';
import { DomainError } from '../../services/lib/runtime/domain-error.ts';
import { runRound, type Shop, startShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

/**
 * The faults of one operation: a call or query fails before or after it takes effect, or the process dies right after.
 * Every statement, every commit and every call to a partner is an operation.
 */
const faults = ['fails before', 'fails after', 'dies after'] as const;
type Failure = (typeof faults)[number];

class Worker {
  operations = 0;
  #isDead = false;
  readonly #fault: Failure | undefined;
  readonly #nth: number;

  constructor(fault?: Failure, nth = 0) {
    this.#fault = fault;
    this.#nth = nth;
  }

  /** Starts a new process in place of the dead one. */
  restart(): void {
    this.#isDead = false;
  }

  async operate<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isDead) throw new DomainError('unavailable', 'This worker is dead.');
    this.operations += 1;
    if (this.operations !== this.#nth) return operation();
    if (this.#fault !== 'fails before') await operation();
    this.#isDead = this.#fault === 'dies after';
    throw new DomainError('outcome-unknown', `Operation ${this.#nth} ${this.#fault} it takes effect.`);
  }
}

/** The shop as this worker sees it. */
function seenBy(worker: Worker): Pick<Shop, 'database' | 'partners'> {
  const queries = (db: Queryable): Queryable => ({
    query: (sql, params) => worker.operate(() => db.query(sql, params)),
  });
  const database: Database = {
    ...queries(shop.database),
    transaction: (work) => worker.operate(() => shop.database.transaction((tx) => work(queries(tx)))),
    session: (work) => shop.database.session(work),
    close: () => shop.database.close(),
    onCommit: (listener) => shop.database.onCommit(listener),
  };
  const { inventory, payments } = shop.partners;
  return {
    database,
    partners: {
      inventory: {
        check: (request) => worker.operate(() => inventory.check(request)),
        reserve: (request) => worker.operate(() => inventory.reserve(request)),
        release: (request) => worker.operate(() => inventory.release(request)),
      },
      payments: {
        authorize: (request) => worker.operate(() => payments.authorize(request)),
        capture: (request) => worker.operate(() => payments.capture(request)),
        reverse: (request) => worker.operate(() => payments.reverse(request)),
      },
    },
  };
}

async function endOf(order: Parameters<Shop['place']>[0], worker: Worker) {
  // Cheaper than a reset, and enough because all earlier orders have ended.
  await shop.database.query('DELETE FROM outbox');
  const orderId = await shop.place(order);
  const view = seenBy(worker);
  for (let round = 0; round < 10 && (await runRound(shop, view)); round++) worker.restart();
  return shop.summary(orderId);
}

const orders = { fulfilled: {}, 'shipment failed': { country: 'AQ' }, 'out of stock': { sku: 'gone' } } as const;
const cases = Object.keys(orders).flatMap((end) => faults.map((fault) => [end as keyof typeof orders, fault] as const));

test.each(cases)('%s: if any one operation %s it takes effect, the order ends the same', async (end, fault) => {
  const healthy = new Worker();
  const expected = await endOf(orders[end], healthy);
  expect(expected.saga).toMatchObject({ state: 'ended' });
  expect(healthy.operations).toBeGreaterThan(15);
  for (let nth = 1; nth <= healthy.operations; nth++) {
    expect(await endOf(orders[end], new Worker(fault, nth)), `operation ${nth}`).toEqual(expected);
  }
});
