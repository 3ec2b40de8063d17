import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause } from '../../services/lib/runtime/timing.ts';
import { checkInvariants, type InvariantReport } from '../checker/check.ts';
import { ledgerAgreesWithOrders } from '../checker/invariants/money.ts';
import { readState } from '../checker/read-state.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { openKafka } from '../harness/kafka-client.ts';
import { orderRequest } from '../harness/order.ts';
import { seededRandom } from '../harness/random.ts';
import { type PlannedFault, planFaults } from './fault-plan.ts';
import { burstsOf, type FaultRunOptions, type FaultRunResult } from './fault-run.ts';
import { targets } from './fault-targets.ts';
import { type FaultRecord, inject } from './inject.ts';
import { openNodeShell } from './node-shell.ts';
import { dueTimes, OrderLoad, type OrderRecord } from './order-load.ts';
import { drawOrder } from './order-mix.ts';
import { takeQuiescentBaseline, waitForQuiescence } from './quiescence.ts';

export interface FaultRunObserver {
  readonly onFault: (fault: FaultRecord) => void;
  /** Called with each call as soon as its client has an answer or has given up. */
  readonly onCall?: (call: OrderRecord) => void;
  readonly onProgress: (line: string) => void;
  /** Ends the run early, after it has reverted every fault. */
  readonly signal: AbortSignal;
}

const faultMs = 30_000;
const burstFactor = 10;
const maxInFlight = 300;
const callTimeoutMs = 15_000;
const progressEveryMs = 10_000;
const settledWithinMs = 150_000;

/**
 * Places orders and injects faults, waits for quiescence and runs the checker. Ignores orders of earlier runs. Needs
 * the running system.
 *
 * @param plan by default drawn from the seed
 */
export async function runFaultInjection(
  cluster: Cluster,
  options: FaultRunOptions,
  observer: FaultRunObserver,
  // Comes first, so that an impossible plan is an error before any fault.
  plan: readonly PlannedFault[] = planFaults({ ...options, faultMs, targets }),
): Promise<FaultRunResult> {
  const node = await openNodeShell();
  const kafka = await openKafka(cluster);
  const baseline = await takeQuiescentBaseline(cluster, kafka);

  const ending = new AbortController();
  const signal = AbortSignal.any([observer.signal, ending.signal]);
  const loadStartedAt = new Date().toISOString();
  const load = startLoad(cluster, options, signal, observer.onCall);
  const faults: FaultRecord[] = [];
  const striking = plan.map(async (fault) => {
    await pause(fault.atMs, signal);
    if (signal.aborted) return;
    const record = await inject(fault, { cluster, node, signal });
    faults.push(record);
    observer.onFault(record);
  });
  const reporting = setInterval(
    () =>
      observer.onProgress(
        `${load.records.length} calls, ${load.accepted.length} accepted, ${faults.length} faults done`,
      ),
    progressEveryMs,
  );
  try {
    await Promise.all([load.finished, ...striking]);
  } finally {
    clearInterval(reporting);
    ending.abort();
    await Promise.allSettled([load.finished, ...striking]);
  }
  observer.signal.throwIfAborted();

  observer.onProgress('the faults are over; waiting for quiescence');
  const quiescence = await waitForQuiescence(cluster, kafka, baseline);
  const read = async () => checkInvariants(await readState(cluster, kafka, baseline), load.accepted);
  return {
    options,
    startedAt: baseline.since.toISOString(),
    loadStartedAt,
    calls: load.records,
    faults,
    ...quiescence,
    reports: await readWhenSettled(read),
  };
}

/**
 * A payment whose order could not be stored stays with its key for 90 s, because the customer may send the order again.
 * Then it is reversed. So what disagrees with the ledger is read again for that long, and for its reversal.
 */
async function readWhenSettled(read: () => Promise<readonly InvariantReport[]>): Promise<readonly InvariantReport[]> {
  const until = performance.now() + settledWithinMs;
  for (;;) {
    const reports = await eventually(read, { timeoutMs: 60_000, intervalMs: 2_000 });
    const isSettled = reports.every(({ name, wrong }) => name !== ledgerAgreesWithOrders.name || wrong.length === 0);
    if (isSettled || performance.now() > until) return reports;
    await sleep(5_000);
  }
}

function startLoad(
  cluster: Cluster,
  { seed, ratePerSecond, durationMs, bursts = true }: FaultRunOptions,
  signal: AbortSignal,
  onCall: FaultRunObserver['onCall'],
): OrderLoad {
  const random = seededRandom(seed);
  // Another run with the same seed must not use the same keys.
  const run = randomUUID();
  return new OrderLoad({
    dueMs: dueTimes({ ratePerSecond, durationMs, bursts: bursts ? burstsOf(durationMs) : [], factor: burstFactor }),
    callOf: (n) => {
      const key = `storm-${run}-${n}`;
      const { customerId, ...order } = drawOrder(random);
      const call = {
        ...orderRequest(cluster.ingressUrl, order, key, { customer: customerId }),
        timeoutMs: callTimeoutMs,
      };
      return { key, paymentToken: order.paymentToken, call };
    },
    maxInFlight,
    signal,
    ...(onCall && { onCall }),
  });
}
