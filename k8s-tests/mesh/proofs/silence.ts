/** A time in which nothing arrived at a pod, between a call that did and the next one that did. */
export interface Silence {
  /** Arrivals before it. */
  readonly arrivalsBefore: number;
  /** Since the Unix epoch: the end of the last call before, the start of the first one after. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface Timed {
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** The first time of at least that length without an arrival; undefined when there is none. The end of all calls ends no silence. */
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
