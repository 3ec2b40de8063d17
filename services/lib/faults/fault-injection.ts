import { setTimeout as sleep } from 'node:timers/promises';
import { RequestCounter } from './request-counter.ts';
import { FaultRules } from './rules.ts';

/** What to answer instead of the real answer. */
export interface Refusal {
  /** A gRPC status name or an HTTP status. */
  readonly status: string | number;
  /** Handle the request first. */
  readonly carriedOut: boolean;
}

/** What both servers ask about each request. */
export interface FaultInjection {
  readonly rules: FaultRules;
  readonly requestCounter: RequestCounter;
  /**
   * Counts the request, then waits out the fault's delay.
   * @returns undefined: go on
   */
  admit(match: string, requestId: string): Promise<Refusal | undefined>;
}

/** @param enabled FAULTS=on; else nothing is counted and nothing fails */
export function createFaultInjection(enabled: boolean): FaultInjection {
  const rules = new FaultRules();
  const requestCounter = new RequestCounter();
  return {
    rules,
    requestCounter,
    async admit(match, requestId) {
      if (!enabled) return undefined;
      requestCounter.count(match, requestId);
      const fault = rules.next(match);
      if (fault?.delayMs) await sleep(fault.delayMs);
      return fault?.status === undefined ? undefined : { status: fault.status, carriedOut: fault.carriedOut };
    },
  };
}
