import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../../lib/observability/log.ts';
import { extractTrace } from '../../lib/observability/trace-context.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { type Partners, perform } from './perform.ts';
import { afterWork, nameOf, nextAction, stateOf, stepOf, stuckAfterFailures, type Work } from './saga.ts';
import { orderDuration, stepFailures } from './saga-metrics.ts';
import { type ClaimedSaga, LeaseLost, recordFailure, recordProgress } from './saga-store.ts';

export interface SagaDeps extends Partners {
  readonly database: Database;
  readonly log: Log;
  /**
   * How long an order is ours after each step. A call is begun only in the first half, so the other half is to be longer
   * than the longest call: then no two calls are made for an order at once, even if this process was frozen.
   * @default 15,000, twice the mesh's 6.5 s and a bit
   */
  readonly leaseMs?: number;
}

const defaultLeaseMs = 15_000;

/** How long a lease that is taken now lasts. */
export function leaseOf({ leaseMs = defaultLeaseMs }: Pick<SagaDeps, 'leaseMs'>): number {
  return leaseMs;
}

/**
 * Works on an order until it waits, has ended, a step fails, its lease is lost or `stopping` says so. Never throws: what can
 * not be written is found again when the lease is over.
 * @param claimedAt performance.now() of before the claim
 */
export async function advanceSaga(
  deps: SagaDeps,
  saga: ClaimedSaga,
  claimedAt: number,
  stopping: AbortSignal,
): Promise<void> {
  const { orderId } = saga.order;
  try {
    let current: ClaimedSaga | undefined = saga;
    let leasedAt = claimedAt;
    while (current) {
      if (performance.now() - leasedAt > leaseOf(deps) / 2) throw new LeaseLost('Too much of the lease is over.');
      leasedAt = performance.now();
      current = await takeStep(deps, current, stopping);
    }
  } catch (err) {
    if (err instanceof LeaseLost) deps.log.info({ orderId }, `order left to another worker: ${err.message}`);
    else deps.log.warn({ err, orderId }, 'progress not recorded; the order is taken up again when its lease is over');
  }
}

/** Does what is next, in a span that continues the trace of the placing. @returns undefined if the order was given back */
async function takeStep(deps: SagaDeps, saga: ClaimedSaga, stopping: AbortSignal): Promise<ClaimedSaga | undefined> {
  const work = nextAction(saga.steps);
  if (work.kind === 'wait' || work.kind === 'nothing') return undefined;
  const parent = extractTrace(saga.trace);
  const attributes = { 'windlass.order_id': saga.order.orderId };
  const span = trace.getTracer('windlass-saga').startSpan(`saga ${nameOf(work)}`, { attributes }, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await performAndRecord(deps, saga, work, stopping);
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
  saga: ClaimedSaga,
  work: Work,
  stopping: AbortSignal,
): Promise<ClaimedSaga | undefined> {
  const { database, log } = deps;
  const { order, steps: before } = saga;
  const performed = await perform(work, before, order, deps).catch((error: unknown) => error as Error);
  if (performed instanceof Error) {
    await noteFailure(deps, saga, work, performed);
    return undefined;
  }
  const { isRefused, detail, learnt } = performed;
  const after = afterWork(before, work, isRefused);
  const isOurs = !stopping.aborted && ['running', 'compensating'].includes(stateOf(after));
  await database.transaction(async (tx) => {
    const progress = { step: stepOf(work), before, after, detail };
    await recordProgress(tx, saga, progress, isOurs ? leaseOf(deps) : undefined);
    await performed.record(tx);
  });
  log.info({ orderId: order.orderId, step: nameOf(work), refused: isRefused }, 'saga step recorded');
  if (work.kind === 'close') {
    orderDuration.record((Date.now() - order.placedAt.getTime()) / 1000, { outcome: work.outcome });
  }
  return isOurs ? { ...saga, order: { ...order, ...learnt }, steps: after, failures: 0 } : undefined;
}

async function noteFailure({ database, log }: SagaDeps, saga: ClaimedSaga, work: Work, err: Error): Promise<void> {
  const { orderId } = saga.order;
  const [step, failures] = [nameOf(work), saga.failures + 1];
  stepFailures.add(1, { step });
  await recordFailure(database, saga, { step: stepOf(work), failures, error: err });
  if (failures === stuckAfterFailures) log.error({ err, orderId, step, failures }, 'saga stuck; it is tried on');
  else log.warn({ err, orderId, step, failures }, 'saga step without an answer, to be tried again');
}
