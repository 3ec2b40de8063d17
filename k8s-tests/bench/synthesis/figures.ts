import { summarize } from '../percentiles.ts';
import type { Sample } from './case.ts';

/** Of one size, medians in ms. */
export interface Row extends Sample {
  readonly services: number;
  readonly objects: number;
  /** Median of ours / helm in runs that stood side by side. */
  readonly ratio: number;
}

export interface Figure {
  readonly figure: string;
  readonly value: number;
  /** The most that it may be. */
  readonly bound: number;
}

/** The size that the bounds are about. */
export const BOUND_SERVICES = 500;

export function toRow(size: Pick<Row, 'services' | 'objects'>, samples: readonly Sample[]): Row {
  return {
    ...size,
    ours: median(samples.map(({ ours }) => ours)),
    inProcess: median(samples.map(({ inProcess }) => inProcess)),
    helm: median(samples.map(({ helm }) => helm)),
    ratio: Math.round(median(samples.map(({ ours, helm }) => (100 * ours) / helm))) / 100,
  };
}

/** What the rows say about how time grows with size, and about Helm. */
export function figuresOf(rows: readonly Row[]): Figure[] {
  const [small, middle, large] = [100, BOUND_SERVICES, 1_000].map((size) => rows.find((row) => row.services === size));
  if (!(small && middle && large)) throw new Error('a size that the bounds are about was not measured');
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
