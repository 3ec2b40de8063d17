import { trace } from '@opentelemetry/api';
import { catalogue, currency } from '../contracts/catalogue.ts';
import type { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { DomainError } from '../lib/errors/domain-error.ts';
import type { Calls } from '../lib/grpc/client.ts';
import type { Log } from '../lib/log/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { claimOrderKey, finishOrderKey, releaseOrderKey } from './idempotency-keys.ts';
import type { Order, OrderRequest } from './order-request.ts';
import type { OrderView, Outcome } from './outcome.ts';
import { storeOrder } from './store.ts';

export interface PlaceOrderDeps {
  readonly database: Database;
  readonly inventory: Pick<Calls<typeof Inventory>, 'check'>;
  readonly payments: Pick<Calls<typeof Payments>, 'authorize'>;
  readonly log: Log;
}

const deliveryDays = 4;

/**
 * Places an order once for each key of its customer.
 * @throws DomainError `in-flight`, `key-reused`; `unavailable` if a dependency failed or was late: then nothing is stored,
 *   and the same request may be sent again
 */
export async function placeOrder(
  deps: PlaceOrderDeps,
  request: OrderRequest,
): Promise<{ outcome: Outcome; replayed: boolean }> {
  const { database, log } = deps;
  const claim = await claimOrderKey(database, request);
  if (claim.kind === 'final') return { outcome: claim.outcome, replayed: true };
  const { orderId } = claim;
  // By this the trace of an order is found.
  trace.getActiveSpan()?.setAttribute('windlass.order_id', orderId);
  try {
    const outcome = await decide(deps, orderId, request);
    log.info({ orderId, outcome: outcome.kind }, 'order decided');
    return { outcome, replayed: false };
  } catch (error) {
    // If this fails, too, the lease ends by itself.
    await releaseOrderKey(database, request).catch((err: unknown) => log.warn({ err, orderId }, 'key not released'));
    throw error;
  }
}

async function decide(
  { database, inventory, payments }: PlaceOrderDeps,
  orderId: string,
  request: OrderRequest,
): Promise<Outcome> {
  const { order } = request;
  const { shortages } = await inventory.check({ lines: order.items }).catch(failUnavailable);
  if (shortages.length > 0) {
    const items = shortages.map(({ sku, requested, available }) => ({ sku, requested, available }));
    return finish(database, request, { kind: 'out-of-stock', items });
  }

  const amountMinor = totalOf(order);
  const { outcome: payment } = await payments
    .authorize({
      idempotencyKey: `authorize:${orderId}`,
      orderId,
      amount: { currency, amountMinor: BigInt(amountMinor) },
      paymentToken: order.paymentToken,
    })
    .catch(failUnavailable);
  if (payment.case === 'declined') return finish(database, request, { kind: 'declined', reason: payment.value.reason });
  if (payment.case !== 'authorized')
    throw new DomainError('internal', 'payments answered neither authorized nor declined.');

  const placedAt = new Date();
  const view: OrderView = {
    orderId,
    status: 'confirmed',
    total: { currency, amountMinor },
    estimatedDelivery: addDays(placedAt, deliveryDays).toISOString().slice(0, 10),
  };
  const placed: Outcome = { kind: 'placed', order: view };
  const { authorizationId } = payment.value;
  await database.transaction(async (tx) => {
    await storeOrder(tx, { view, order, authorizationId, placedAt });
    await finishOrderKey(tx, request, placed);
  });
  return placed;
}

/** Records an outcome that stores no order. */
async function finish(database: Database, request: OrderRequest, outcome: Outcome): Promise<Outcome> {
  await finishOrderKey(database, request, outcome);
  return outcome;
}

function totalOf({ items }: Order): number {
  return items.reduce((sum, { sku, quantity }) => sum + catalogue[sku].unitPriceMinor * quantity, 0);
}

function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 24 * 60 * 60 * 1000);
}

/** To the customer, a dependency that failed and one whose outcome is unknown are the same: nothing is stored, try again. */
function failUnavailable(error: unknown): never {
  throw new DomainError(
    'unavailable',
    'The order could not be taken just now. Nothing was stored; please try again.',
    error,
  );
}
