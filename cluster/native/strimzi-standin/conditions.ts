import type { Condition } from './resources.ts';

/** An error that the user can fix in a resource. `reason` is Strimzi's name for it, usually that of an exception. */
export class Rejection extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export const ready = (): Condition => ({ type: 'Ready', status: 'True' });

/** The condition of a Kafka that is not ready. Topics and users have `Ready` False instead. */
export const notReady = (reason: string, message: string): Condition => ({
  type: 'NotReady',
  status: 'True',
  reason,
  message,
});

export const readyFalse = (reason: string, message: string): Condition => ({
  type: 'Ready',
  status: 'False',
  reason,
  message,
});

export const warning = (reason: string, message: string): Condition => ({
  type: 'Warning',
  status: 'True',
  reason,
  message,
});

export const unmanaged = (): Condition => ({ type: 'Unmanaged', status: 'True' });
export const reconciliationPaused = (): Condition => ({ type: 'ReconciliationPaused', status: 'True' });

const same = (a: Condition, b: Condition): boolean =>
  a.type === b.type && a.status === b.status && a.reason === b.reason && a.message === b.message;

/**
 * The new conditions with their times. A condition that existed before keeps its time, so that an unchanged status
 * stays identical, byte for byte.
 */
export function withTimes(
  next: readonly Condition[],
  before: readonly Condition[] | undefined,
  now: Date,
): readonly Condition[] {
  return next.map((condition) => {
    const old = before?.find((candidate) => same(candidate, condition));
    return { ...condition, lastTransitionTime: old?.lastTransitionTime ?? now.toISOString() };
  });
}
