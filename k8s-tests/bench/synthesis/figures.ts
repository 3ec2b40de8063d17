import { summarize } from '../percentiles.ts';
import type { Sample } from './case.ts';

/** The medians of one size, in ms. */
export interface SizeFigures extends Sample {
  readonly services: number;
  readonly objects: number;
  /** The median of windlass / helm over paired runs. */
  readonly ratio: number;
}

export interface Figure {
  readonly figure: string;
  readonly value: number;
  /** The upper bound. */
  readonly bound: number;
}

/** The size to which the bounds apply. */
export const BOUND_SERVICES = 500;

export function toRow(size: Pick<SizeFigures, 'services' | 'objects'>, samples: readonly Sample[]): SizeFigures {
  return {
    ...size,
    ours: median(samples.map(({ ours }) => ours)),
    inProcess: median(samples.map(({ inProcess }) => inProcess)),
    helm: median(samples.map(({ helm }) => helm)),
    ratio: Math.round(median(samples.map(({ ours, helm }) => (100 * ours) / helm))) / 100,
  };
}

/** Derives from the rows how the time grows with the size, and how it compares with Helm. */
export function figuresOf(rows: readonly SizeFigures[]): Figure[] {
  const [small, middle, large] = [100, BOUND_SERVICES, 1_000].map((size) => rows.find((row) => row.services === size));
  if (!(small && middle && large)) throw new Error('a size with a bound was not measured');
  const growth = Math.log(large.inProcess / small.inProcess) / Math.log(large.services / small.services);
  return [
    { figure: `ours / helm at ${BOUND_SERVICES} services, whole processes`, value: middle.ratio, bound: 1.5 },
    { figure: 'exponent of growth from 100 to 1000 services', value: Math.round(100 * growth) / 100, bound: 1 },
  ];
}

export function isMet({ value, bound }: Figure): boolean {
  return value <= bound;
}

export function median(samples: readonly number[]): number {
  return summarize(samples).p50;
}
