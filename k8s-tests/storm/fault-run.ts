import { type InvariantReport, violationsOf } from '../checker/check.ts';
import type { FaultRecord } from './inject.ts';
import type { OrderRecord } from './order-load.ts';

export interface FaultRunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly ratePerSecond: number;
  readonly faults: number;
  /** Ten times the rate for 30 s in every ten minutes. @default true */
  readonly bursts?: boolean;
}

/** The time that the shop has to become quiescent after the last fault. */
export const quiescentWithinMs = 60_000;

export interface FaultRunResult {
  readonly options: FaultRunOptions;
  readonly startedAt: string;
  /** The time from which the calls' `atMs` counts. */
  readonly loadStartedAt: string;
  readonly calls: readonly OrderRecord[];
  readonly faults: readonly FaultRecord[];
  /** The time until quiescence. Undefined: not within `quiescentWithinMs`, and `inProgress` says why. */
  readonly quiescentAfterMs: number | undefined;
  readonly inProgress: string;
  readonly reports: readonly InvariantReport[];
}

/** The number of faults that keeps about two parts broken at any time. */
export const defaultFaults = (durationMs: number): number => Math.max(1, Math.round(durationMs / 15_000));

const burstWindowMs = 600_000;
const longestBurstMs = 30_000;

/** One burst per ten minutes, after their first third. */
export function burstsOf(durationMs: number): readonly { readonly atMs: number; readonly forMs: number }[] {
  const windows = Math.ceil(durationMs / burstWindowMs);
  return Array.from({ length: windows }, (_, n) => {
    const fromMs = n * burstWindowMs;
    const windowMs = Math.min(burstWindowMs, durationMs - fromMs);
    return { atMs: fromMs + windowMs / 3, forMs: Math.min(longestBurstMs, windowMs / 4) };
  });
}

/** The reasons why a run failed, one line each. Empty if it passed. */
export function failuresOf({
  options,
  faults,
  quiescentAfterMs,
  inProgress,
  reports,
}: FaultRunResult): readonly string[] {
  const effective = faults.filter((fault) => fault.effective);
  const idle = faults.filter((fault) => !fault.effective);
  return [
    ...violationsOf(reports).map(({ invariant, message }) => `${invariant}: ${message}`),
    ...reports.filter(({ cases }) => cases === 0).map(({ name }) => `${name} was not tested: it had no case`),
    ...(quiescentAfterMs === undefined
      ? [`not quiescent ${quiescentWithinMs / 1_000} s after the last fault: ${inProgress}`]
      : []),
    ...(effective.length < options.faults
      ? [`${effective.length} faults had an effect, ${options.faults} were requested`]
      : []),
    ...idle.map(({ kind, target, observed }) => `no effect: ${kind} ${target}: ${observed.join('; ')}`),
  ];
}
