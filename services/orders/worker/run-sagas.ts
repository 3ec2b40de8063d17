import { setTimeout as sleep } from 'node:timers/promises';
import { advanceSaga, leaseOf, type SagaDeps } from './advance-saga.ts';
import { claimDueSagas } from './saga-store.ts';

export interface SagaRunnerDeps extends SagaDeps {
  /** Orders worked on side by side. @default 16 */
  readonly concurrency?: number;
}

const idlePollMs = 25;
const backOffMs = 1_000;

/** Works on all due orders until stopped; any number of workers may. @returns stops after the step in hand of each order */
export function runSagas(deps: SagaRunnerDeps): () => Promise<void> {
  const stopping = new AbortController();
  const stopped = claimAndAdvance(deps, stopping.signal);
  return () => {
    stopping.abort();
    return stopped;
  };
}

async function claimAndAdvance(deps: SagaRunnerDeps, stopping: AbortSignal): Promise<void> {
  const { database, log, concurrency = 16 } = deps;
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping }).catch(() => undefined);
  const busy = new Set<Promise<void>>();
  while (!stopping.aborted) {
    const free = concurrency - busy.size;
    const claimedAt = performance.now();
    const sagas = await claimDueSagas(database, free, leaseOf(deps)).catch((err: unknown) => {
      log.warn({ err }, 'due orders can not be claimed, trying again');
      return undefined;
    });
    for (const saga of sagas ?? []) {
      const work = advanceSaga(deps, saga, claimedAt, stopping).finally(() => busy.delete(work));
      busy.add(work);
    }
    if (!sagas) await pause(backOffMs);
    else if (busy.size === concurrency) await Promise.race(busy);
    else if (sagas.length === 0) await pause(idlePollMs);
  }
  await Promise.all(busy);
}
