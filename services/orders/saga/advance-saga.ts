import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../../lib/observability/log.ts';
import { extractTrace } from '../../lib/observability/tracing.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { LeaseLost, whileLeased } from '../../lib/runtime/lease.ts';
import { addOrderReady } from './order-ready.ts';
import { perform } from './perform.ts';
import { type Action, afterWork, nameOf, nextAction, stateOf, stepOf, stuckAfterFailures, type Work } from './saga.ts';
import { orderDuration, stepFailures } from './saga-metrics.ts';
import { type ClaimedSaga, recordFailure, recordProgress, renewLease } from './saga-store.ts';
import type { Partners } from './step.ts';

export interface SagaDeps extends Partners {
  readonly database: Database;
  readonly log: Log;
  /**
   * How long an order stays with a worker that is dead or frozen, in milliseconds. A worker renews its lease while it
   * calls, so a call may take longer. It begins a call only in the first half of a lease, and ends the call before the
   * lease ends. So no two workers call for the same order at once.
   *
   * @default 15,000
   */
  readonly leaseMs?: number;
}

const defaultLeaseMs = 15_000;

/** The duration of a lease that begins now. */
export function leaseOf({ leaseMs = defaultLeaseMs }: Pick<SagaDeps, 'leaseMs'>): number {
  return leaseMs;
}

/** A leased order and its next action. */
interface Turn {
  readonly saga: ClaimedSaga;
  readonly action: Action;
  /** performance.now() before the lease began. */
  readonly leasedAt: number;
}

/**
 * Advances an order until it waits or has ended, a step fails, its lease is lost, or `stopping` is aborted. Never
 * throws: an order whose progress cannot be written is claimed again when its lease has expired.
 *
 * @param claimedAt performance.now() before the claim
 */
export async function advanceSaga(
  deps: SagaDeps,
  saga: ClaimedSaga,
  claimedAt: number,
  stopping: AbortSignal,
): Promise<void> {
  const { orderId } = saga.order;
  try {
    const action = nextAction(saga.steps, saga.isCancelRequested);
    let turn: Turn | undefined = { saga, action, leasedAt: claimedAt };
    while (turn) turn = await takeTurn(deps, turn, stopping);
  } catch (err) {
    if (err instanceof LeaseLost) deps.log.info({ orderId }, `saga lease lost: ${err.message}`);
    else deps.log.warn({ err, orderId }, 'saga progress not recorded; retrying after the lease expires');
  }
}

/**
 * Does the next work in a span that continues the order's trace.
 * @returns undefined if the worker released the order
 */
async function takeTurn(deps: SagaDeps, turn: Turn, stopping: AbortSignal): Promise<Turn | undefined> {
  const { saga, action, leasedAt } = turn;
  if (action.kind === 'wait' || action.kind === 'nothing') return undefined;
  const parent = extractTrace(saga.trace);
  const attributes = { 'windlass.order_id': saga.order.orderId };
  const span = trace.getTracer('windlass-saga').startSpan(`saga ${nameOf(action)}`, { attributes }, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await performAndRecord(deps, { saga, action, leasedAt }, stopping);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function performAndRecord(
  deps: SagaDeps,
  { saga, action: work, leasedAt }: Turn & { readonly action: Work },
  stopping: AbortSignal,
): Promise<Turn | undefined> {
  const { database, log } = deps;
  const { order, steps: before } = saga;
  const leaseMs = leaseOf(deps);
  const lease = { leaseMs, renew: () => renewLease(database, saga, leaseMs) };
  const result = await whileLeased(lease, (lost) => perform(work, saga, deps, lost), leasedAt).catch(
    (error: unknown) => error as Error,
  );
  if (result instanceof LeaseLost) throw result;
  if (result instanceof Error) {
    await noteFailure(deps, saga, work, result);
    return undefined;
  }
  const { isRejected, detail, learned } = result;
  const after = afterWork(before, work, isRejected);
  const state = stateOf(after);
  const goesOn = !stopping.aborted && ['running', 'compensating'].includes(state);
  const recordedAt = performance.now();
  const { isCancelRequested, seconds } = await database.transaction(async (tx) => {
    const progress = { step: stepOf(work), before, after, state, detail };
    const recorded = await recordProgress(tx, saga, progress, goesOn ? leaseMs : undefined);
    await result.record(tx);
    // The request came during the last step after which the worker could have cancelled the order itself.
    if (state === 'waiting' && recorded.isCancelRequested) await addOrderReady(tx, order, 'withdrawn');
    return recorded;
  });
  log.info({ orderId: order.orderId, step: nameOf(work), rejected: isRejected }, 'saga step recorded');
  if (work.kind === 'close') orderDuration.record(seconds, { outcome: work.outcome });
  if (!goesOn) return undefined;
  const next = { ...saga, order: { ...order, ...learned }, steps: after, failures: 0, isCancelRequested };
  return { action: nextAction(after, isCancelRequested), saga: next, leasedAt: recordedAt };
}

async function noteFailure({ database, log }: SagaDeps, saga: ClaimedSaga, work: Work, err: Error): Promise<void> {
  const { orderId } = saga.order;
  const [step, failures] = [nameOf(work), saga.failures + 1];
  stepFailures.add(1, { step });
  await recordFailure(database, saga, { step: stepOf(work), failures, error: err });
  if (failures === stuckAfterFailures)
    log.error({ err, orderId, step, failures }, `saga step failed ${failures} times; still retrying`);
  else log.warn({ err, orderId, step, failures }, 'saga step failed; retrying after a pause');
}
