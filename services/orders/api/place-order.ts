import { trace } from '@opentelemetry/api';
import { catalogue, currency } from '../../contracts/catalogue.ts';
import type { Inventory } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Calls } from '../../lib/grpc/client.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { DomainError, hasCode } from '../../lib/runtime/domain-error.ts';
import { LeaseLost, whileLeased } from '../../lib/runtime/lease.ts';
import type { OrderRequest, OrderView, Outcome } from '../order.ts';
import { abandonPayment } from '../saga/abandoned-payments.ts';
import { type AuthorizeCall, authorizePayment, type Payment } from '../saga/payment-calls.ts';
import { insertSaga } from '../saga/saga-store.ts';
import {
  type ClaimedKey,
  claimOrderKey,
  deleteOrderKey,
  finishOrderKey,
  keyLeaseMs,
  releaseOrderKey,
  renewOrderKey,
} from '../store/idempotency-keys.ts';
import { storeOrder } from '../store/store.ts';
import type { TokenVault } from '../tokens/token-vault.ts';
import { priceItems, totalMinor } from './order-request.ts';

export interface PlaceOrderDeps {
  readonly database: Database;
  readonly inventory: Pick<Calls<typeof Inventory>, 'check'>;
  /** Takes stored tokens: `openingTokens`. */
  readonly payments: AuthorizeCall;
  readonly vault: Pick<TokenVault, 'seal'>;
  readonly log: Log;
  /** @default `placeWithinMs` */
  readonly storeWithinMs?: number;
}

const deliveryDays = 4;

/**
 * An order is stored within this time of its request or not at all, in milliseconds: less than the client waits, so that
 * nothing is stored for a client that has gone. k8s-tests/orders/placing-time.test.ts compares it with the mesh's timeout.
 */
export const placeWithinMs = 1_700;

/**
 * Places an order once for each key of its customer. The order is confirmed if inventory and payments both agree in
 * time. The order is pending if either gives no answer; then the saga asks again.
 * @throws DomainError `in-flight`, `key-reused`; `unavailable` if orders' own database failed: then the client may send
 *   the same request again
 */
export async function placeOrder(
  deps: PlaceOrderDeps,
  request: OrderRequest,
): Promise<{ outcome: Outcome; replayed: boolean }> {
  const { database, log } = deps;
  const storeBefore = performance.now() + (deps.storeWithinMs ?? placeWithinMs);
  const paymentToken = deps.vault.seal(request.order.paymentToken);
  const price = { amountMinor: totalMinor(request.order.items, catalogue), paymentToken };
  const claim = await claimOrderKey(database, request, price);
  if (claim.kind === 'final') return { outcome: claim.outcome, replayed: true };
  const { orderId, amountMinor } = claim;
  // The attribute by which operators find the trace of an order.
  trace.getActiveSpan()?.setAttribute('windlass.order_id', orderId);
  const payment = { orderId, amountMinor, paymentToken };
  // A claim that took too long, such as behind a lock: the client has gone, so no partner is asked.
  if (storeBefore <= performance.now()) {
    await release(deps, request, claim, claim.isContinued ? releaseOrderKey : deleteOrderKey);
    throw tooLate();
  }
  const lease = { leaseMs: keyLeaseMs, renew: () => renewOrderKey(database, request, claim) };
  const asking = whileLeased(lease, (lost) => askPartners(deps, request, payment, lost));
  const answer = await asking.catch((err: unknown): PartnerAnswer => {
    if (err instanceof LeaseLost) throw new DomainError('in-flight', 'Another request has taken the key over.', err);
    log.warn({ err, orderId }, 'no answer from inventory or payments; order accepted as pending');
    return { kind: 'none' };
  });
  try {
    const outcome = await record(database, request, { claim, payment, answer, storeBefore });
    log.info({ orderId, outcome: outcome.kind, answer: answer.kind }, 'order decided');
    return { outcome, replayed: false };
  } catch (error) {
    await release(deps, request, claim);
    throw hasCode(error, 'outcome-unknown') ? notKnownToBeStored(error) : error;
  }
}

/** If this fails as well, the lease expires. */
async function release(
  { database, log }: PlaceOrderDeps,
  request: OrderRequest,
  claim: ClaimedKey,
  free = releaseOrderKey,
): Promise<void> {
  await free(database, request, claim).catch((err: unknown) =>
    log.warn({ err, orderId: claim.orderId }, 'idempotency key not released'),
  );
}

/** The partners' answer while the customer waited; `none` leaves the payment to the saga. */
type PartnerAnswer =
  | { readonly kind: 'authorized'; readonly authorizationId: string }
  | { readonly kind: 'none' }
  | Exclude<Outcome, { kind: 'placed' }>;

/** Calls each partner once. The mesh decides how long a call may take. */
async function askPartners(
  { inventory, payments }: PlaceOrderDeps,
  { order }: OrderRequest,
  payment: Payment,
  lost: AbortSignal,
): Promise<PartnerAnswer> {
  const { shortages } = await inventory.check({ lines: order.items }, lost);
  if (shortages.length === 0) return authorizePayment(payments, payment, lost);
  const items = shortages.map(({ sku, requested, available }) => ({ sku, requested, available }));
  return { kind: 'out-of-stock', items };
}

interface Decision {
  readonly claim: ClaimedKey;
  readonly payment: Payment;
  readonly answer: PartnerAnswer;
  /** performance.now() after which nothing may be stored. */
  readonly storeBefore: number;
}

/**
 * Stores the order unless a partner rejected it. Then a payment of an earlier request with the key is reversed, if there
 * is one.
 */
async function record(database: Database, request: OrderRequest, decision: Decision): Promise<Outcome> {
  const { claim, payment, answer, storeBefore } = decision;
  if (answer.kind === 'declined' || answer.kind === 'out-of-stock') {
    await database.transaction(async (tx) => {
      await finishOrderKey(tx, request, claim, answer);
      if (claim.isContinued) await abandonPayment(tx, payment);
    });
    return answer;
  }
  const { amountMinor, at: placedAt } = claim;
  const order: OrderView = {
    orderId: claim.orderId,
    status: answer.kind === 'authorized' ? 'confirmed' : 'pending',
    total: { currency, amountMinor },
    estimatedDelivery: addDays(placedAt, deliveryDays).toISOString().slice(0, 10),
  };
  const placed: Outcome = { kind: 'placed', order };
  const authorizationId = answer.kind === 'authorized' ? answer.authorizationId : undefined;
  await database.transaction(async (tx) => {
    await tx.query("SELECT set_config('statement_timeout', $1, true)", [`${timeLeftMs(storeBefore)}ms`]);
    await finishOrderKey(tx, request, claim, placed);
    await insertSaga(tx, claim.orderId, authorizationId !== undefined);
    const items = priceItems(request.order.items, catalogue, amountMinor);
    const { paymentToken } = payment;
    await storeOrder(tx, { view: order, order: request.order, items, paymentToken, authorizationId, placedAt });
    timeLeftMs(storeBefore);
  });
  return placed;
}

/**
 * Whole milliseconds, at least 1.
 * @throws DomainError `unavailable` if the time is over
 */
function timeLeftMs(storeBefore: number): number {
  const leftMs = Math.ceil(storeBefore - performance.now());
  if (leftMs > 0) return leftMs;
  throw tooLate();
}

const tooLate = () => new DomainError('unavailable', 'The order could not be stored in time. Please send it again.');

function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 24 * 60 * 60 * 1000);
}

/** Tells the client to send the request again. Its key then shows whether the order was stored. */
function notKnownToBeStored(error: unknown): DomainError {
  const message = 'The order could not be stored for certain. Please send it again with the same Idempotency-Key.';
  return new DomainError('unavailable', message, error);
}
