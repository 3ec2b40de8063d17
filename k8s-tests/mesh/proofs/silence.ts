/** A period in which no call arrived at a pod, between two calls that did. */
export interface Silence {
  /** How many calls arrived before the period. */
  readonly arrivalsBefore: number;
  /**
   * Milliseconds since the Unix epoch: the end of the last call before the period, the start of the first call after
   * it.
   */
  readonly fromMs: number;
  readonly toMs: number;
}

interface Timed {
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/**
 * The first silence of at least that length, or undefined if there is none. The time after the last call is no silence.
 */
export function findSilence(arrivals: readonly Timed[], atLeastMs: number): Silence | undefined {
  const sorted = arrivals.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
  for (const [index, arrival] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined) return undefined;
    const fromMs = arrival.startedAtMs + arrival.durationMs;
    if (next.startedAtMs - fromMs >= atLeastMs) return { arrivalsBefore: index + 1, fromMs, toMs: next.startedAtMs };
  }
  return undefined;
}
