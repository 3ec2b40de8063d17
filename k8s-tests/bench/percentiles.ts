/** Nearest-rank percentiles, rounded to a tenth. Every figure is a sample. */
export function summarize(samples: readonly number[]): {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
} {
  if (samples.length === 0) throw new Error('no samples');
  const sorted = samples.toSorted((left, right) => left - right);
  const at = (percent: number): number =>
    Math.round(10 * (sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0)) / 10;
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
