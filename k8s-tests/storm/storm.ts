import { type InvariantReport, violationsOf } from '../checker/check.ts';
import type { FaultRecord } from './inject.ts';
import type { OrderRecord } from './order-load.ts';

export interface StormOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly ratePerSecond: number;
  readonly faults: number;
}

/** How long the shop may take to come to rest once the last fault is over. */
export const restWithinMs = 60_000;

export interface StormResult {
  readonly options: StormOptions;
  readonly startedAt: string;
  readonly calls: readonly OrderRecord[];
  readonly faults: readonly FaultRecord[];
  /** Until nothing was under way. Undefined: not within `restWithinMs`; `unrest` says what was. */
  readonly restedAfterMs: number | undefined;
  readonly unrest: string;
  readonly reports: readonly InvariantReport[];
}

/** As many as keep about two things broken at any time. */
export const defaultFaults = (durationMs: number): number => Math.max(1, Math.round(durationMs / 15_000));

const burstWindowMs = 600_000;
const longestBurstMs = 30_000;

/** A burst in every ten minutes, after their first third. */
export function burstsOf(durationMs: number): readonly { readonly atMs: number; readonly forMs: number }[] {
  const windows = Math.ceil(durationMs / burstWindowMs);
  return Array.from({ length: windows }, (_, n) => {
    const fromMs = n * burstWindowMs;
    const windowMs = Math.min(burstWindowMs, durationMs - fromMs);
    return { atMs: fromMs + windowMs / 3, forMs: Math.min(longestBurstMs, windowMs / 4) };
  });
}

/** What a run was not to be: each thing in a line; empty when it was all well. */
export function complaintsOf({ options, faults, restedAfterMs, unrest, reports }: StormResult): readonly string[] {
  const effective = faults.filter((fault) => fault.effective);
  const idle = faults.filter((fault) => !fault.effective);
  return [
    ...violationsOf(reports).map(({ invariant, message }) => `${invariant}: ${message}`),
    ...reports.filter(({ cases }) => cases === 0).map(({ name }) => `${name} was not put to the test: it had no case`),
    ...(restedAfterMs === undefined ? [`not at rest ${restWithinMs / 1_000} s after the last fault: ${unrest}`] : []),
    ...(effective.length < options.faults
      ? [`${effective.length} faults had their effect, ${options.faults} were asked for`]
      : []),
    ...idle.map(({ kind, target, observed }) => `no effect: ${kind} ${target}: ${observed.join('; ')}`),
  ];
}
