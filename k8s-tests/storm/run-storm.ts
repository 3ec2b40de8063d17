import { randomUUID } from 'node:crypto';
import { pause } from '../../services/lib/runtime/timing.ts';
import { checkInvariants } from '../checker/check.ts';
import { readState } from '../checker/read-state.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { openKafka } from '../harness/kafka-client.ts';
import { orderRequest } from '../harness/order.ts';
import { seededRandom } from '../harness/random.ts';
import { planFaults } from './fault-plan.ts';
import { targets } from './fault-targets.ts';
import { type FaultRecord, inject } from './inject.ts';
import { openNodeShell } from './node-shell.ts';
import { dueTimes, OrderLoad } from './order-load.ts';
import { drawOrder } from './order-mix.ts';
import { takeQuietBaseline, waitForRest } from './rest.ts';
import { burstsOf, type StormOptions, type StormResult } from './storm.ts';

export interface StormWatcher {
  readonly onFault: (fault: FaultRecord) => void;
  readonly onProgress: (line: string) => void;
  /** Ends the storm early; every fault is undone first. */
  readonly signal: AbortSignal;
}

const faultMs = 30_000;
const burstFactor = 10;
const maxInFlight = 300;
const callTimeoutMs = 15_000;
const progressEveryMs = 10_000;

/** Orders and faults side by side, then rest, then the checker. The system must be up; what it held before does not count. */
export async function runStorm(cluster: Cluster, options: StormOptions, watcher: StormWatcher): Promise<StormResult> {
  const { seed, durationMs } = options;
  // First of all: a plan that cannot be is an error before anything is struck.
  const plan = planFaults({ seed, faults: options.faults, durationMs, faultMs, targets });
  const node = await openNodeShell();
  const kafka = await openKafka(cluster);
  const baseline = await takeQuietBaseline(cluster, kafka);

  const ending = new AbortController();
  const signal = AbortSignal.any([watcher.signal, ending.signal]);
  const load = startLoad(cluster, options, signal);
  const faults: FaultRecord[] = [];
  const striking = plan.map(async (fault) => {
    await pause(fault.atMs, signal);
    if (signal.aborted) return;
    const record = await inject(fault, { cluster, node, signal });
    faults.push(record);
    watcher.onFault(record);
  });
  const reporting = setInterval(
    () =>
      watcher.onProgress(
        `${load.records.length} calls, ${load.accepted.length} accepted, ${faults.length} faults over`,
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
  watcher.signal.throwIfAborted();

  watcher.onProgress('the storm is over; waiting for rest');
  const rest = await waitForRest(cluster, kafka, baseline);
  const state = await eventually(() => readState(cluster, kafka, baseline), { timeoutMs: 60_000, intervalMs: 2_000 });
  return {
    options,
    startedAt: baseline.since.toISOString(),
    calls: load.records,
    faults,
    ...rest,
    reports: checkInvariants(state, load.accepted),
  };
}

function startLoad(
  cluster: Cluster,
  { seed, ratePerSecond, durationMs }: StormOptions,
  signal: AbortSignal,
): OrderLoad {
  const random = seededRandom(seed);
  // The seed may come again while its keys are kept.
  const run = randomUUID();
  return new OrderLoad({
    dueMs: dueTimes({ ratePerSecond, durationMs, bursts: burstsOf(durationMs), factor: burstFactor }),
    callOf: (n) => {
      const key = `storm-${run}-${n}`;
      return { key, call: { ...orderRequest(cluster.ingressUrl, drawOrder(random), key), timeoutMs: callTimeoutMs } };
    },
    maxInFlight,
    signal,
  });
}
