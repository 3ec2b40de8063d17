import { markdownTable } from 'markdown-table';
import type { InvariantReport } from './check.ts';

/**
 * The upper bound of an invariant's failure rate, with 95 % confidence, by the rule of three. Undefined if the
 * invariant failed or has no case.
 */
export function bound95({ cases, wrong }: Pick<InvariantReport, 'cases' | 'wrong'>): number | undefined {
  return wrong.length > 0 || cases === 0 ? undefined : Math.min(1, 3 / cases);
}

/** A table with a row per invariant: cases, violations and the bound. */
export function formatReports(reports: readonly InvariantReport[]): string {
  const rows = reports.map((report) => [
    report.name,
    report.says,
    String(report.cases),
    String(report.wrong.length),
    formatBound(bound95(report)),
  ]);
  return markdownTable([['invariant', 'says', 'cases', 'violations', 'fails at most (95 %)'], ...rows], {
    align: ['l', 'l', 'r', 'r', 'r'],
  });
}

export function formatBound(bound: number | undefined): string {
  return bound === undefined ? '–' : `${(100 * bound).toPrecision(2)} %`;
}
