import type { Log } from '../observability/log.ts';

/** The order in which a service stops: accept no new work, finish the current work, then close its dependencies. */
export const shutdownPhases = ['unready', 'drain', 'consumers', 'producer', 'pool', 'admin', 'traces'] as const;

export type ShutdownPhase = (typeof shutdownPhases)[number];

/**
 * Below terminationGracePeriodSeconds (30) minus the preStop sleep (5), so that a phase that hangs does not lose the
 * traces.
 */
const phaseTimeoutMs = 10_000;

/** A service's readiness, and the steps by which it stops. */
export class Lifecycle {
  #ready = false;
  readonly #steps: { readonly phase: ShutdownPhase; readonly stop: () => unknown }[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get ready(): boolean {
    return this.#ready;
  }

  markReady(): void {
    this.#ready = true;
    this.#log.info('ready');
  }

  onShutdown(phase: ShutdownPhase, stop: () => unknown): void {
    this.#steps.push({ phase, stop });
  }

  /** Runs the phases one after the other, and the steps of a phase concurrently. Logs a step that fails or hangs. */
  async shutdown(): Promise<void> {
    this.#ready = false;
    for (const phase of shutdownPhases) {
      const steps = this.#steps.filter((step) => step.phase === phase);
      await Promise.all(steps.map(({ stop }) => this.#runStep(phase, stop)));
    }
  }

  async #runStep(phase: ShutdownPhase, stop: () => unknown): Promise<void> {
    const { promise: timedOut, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`not done after ${phaseTimeoutMs} ms`)), phaseTimeoutMs);
    try {
      await Promise.race([stop(), timedOut]);
    } catch (error) {
      this.#log.error({ err: error, phase }, 'shutdown step failed');
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The names of what this process waits for, one entry for each wait. A process runs one service. */
const waits: string[] = [];

/** Runs work that needs an external system. /readyz names the system (`Kafka`) until the work is done. */
export async function waitFor<T>(what: string, work: () => Promise<T>): Promise<T> {
  waits.push(what);
  try {
    return await work();
  } finally {
    waits.splice(waits.indexOf(what), 1);
  }
}

export function waitingFor(): string[] {
  return [...new Set(waits)].sort();
}
