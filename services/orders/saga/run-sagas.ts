import { PollPause } from '../../lib/postgres/poll-pause.ts';
import { pause } from '../../lib/runtime/timing.ts';
import { advanceSaga, leaseOf, type SagaDeps } from './advance-saga.ts';
import { claimDueSagas } from './saga-store.ts';

export interface SagaRunnerDeps extends SagaDeps {
  /**
   * How many orders are advanced concurrently.
   * @default 16
   */
  readonly concurrency?: number;
}

/**
 * Bounds the delay of orders that other processes placed or released. A commit of this process ends the pause at once.
 */
const idlePauseMs = 100;
const backOffMs = 1_000;

/**
 * Advances due orders until stopped, concurrently with other workers.
 * @returns stops after the current step of each order
 */
export function runSagas(deps: SagaRunnerDeps): () => Promise<void> {
  const stopping = new AbortController();
  const idle = new PollPause(deps.database);
  const stopped = claimAndAdvance(deps, idle, stopping.signal);
  return () => {
    stopping.abort();
    idle.stop();
    return stopped;
  };
}

async function claimAndAdvance(deps: SagaRunnerDeps, idle: PollPause, stopping: AbortSignal): Promise<void> {
  const { database, log, concurrency = 16 } = deps;
  const busy = new Set<Promise<void>>();
  while (!stopping.aborted) {
    const free = concurrency - busy.size;
    const claimedAt = performance.now();
    const sagas = await claimDueSagas(database, free, leaseOf(deps)).catch((err: unknown) => {
      log.warn({ err }, 'claiming due orders failed; retrying');
      return undefined;
    });
    for (const saga of sagas ?? []) {
      const work = advanceSaga(deps, saga, claimedAt, stopping).finally(() => busy.delete(work));
      busy.add(work);
    }
    if (!sagas) await pause(backOffMs, stopping);
    else if (busy.size === concurrency) await Promise.race(busy);
    else if (sagas.length === 0) await idle.wait(idlePauseMs);
  }
  await Promise.all(busy);
}
