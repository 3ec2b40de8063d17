import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokenAnswer } from './broken-answers.ts';
import { RequestCounter } from './request-counter.ts';
import { FaultRules } from './rules.ts';

/** The failure to send instead of the real answer. */
export interface InjectedFailure {
  /** A gRPC status name or an HTTP status. */
  readonly status: string | number;
  /** True if the request is handled first. */
  readonly carriedOut: boolean;
  /** HTTP only: a broken answer instead of a problem. */
  readonly answer: BrokenAnswer | undefined;
}

/** The fault injection of a process. Its HTTP and gRPC servers consult it about each request. */
export interface FaultInjection {
  readonly rules: FaultRules;
  readonly requestCounter: RequestCounter;
  /**
   * Counts the request, then waits for the fault's delay.
   * @returns undefined if the request is to be handled normally
   */
  admit(match: string, requestId: string): Promise<InjectedFailure | undefined>;
}

/** @param enabled true if FAULTS=on; otherwise nothing is counted and nothing fails */
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
      if (fault?.status === undefined) return undefined;
      const { status, carriedOut, answer } = fault;
      return { status, carriedOut, answer };
    },
  };
}
