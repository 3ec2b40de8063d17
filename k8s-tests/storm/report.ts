import { wrap } from '../../cdk8s/documents/markdown.ts';
import { addRow } from '../bench/benchmark-log.ts';
import { bound95, formatBound, formatReports } from '../checker/report.ts';
import { complaintsOf, type StormResult } from './storm.ts';

const lastRun = '\n## The last run\n';
const maxComplaints = 25;

const introduction = `# Fault-injection runs

Orders arrive at a steady rate with bursts of ten times that, while containers are killed and frozen and links are cut.
Then a checker that shares no code with the services reads databases, topics and the partner's ledger. Each line is one
run of \`npm run storm -- --write-docs\`. \`--seed\` with the same settings and the same version repeats a run.
`;

/** How often each answer came. */
export function countAnswers({ calls }: Pick<StormResult, 'calls'>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, error } of calls) {
    const answer = status !== undefined ? String(status) : error?.startsWith('not sent') ? 'not sent' : 'no answer';
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

/** The whole result for a reader at a terminal. */
export function formatResult(result: StormResult): string {
  const complaints = complaintsOf(result);
  const more = complaints.length - maxComplaints;
  return [
    `seed ${result.options.seed}, ${result.calls.length} calls: ${describeAnswers(result)}`,
    describeFaults(result),
    result.restedAfterMs === undefined
      ? 'not at rest'
      : `at rest ${seconds(result.restedAfterMs)} after the last fault`,
    '',
    formatReports(result.reports),
    '',
    ...(complaints.length === 0 ? ['No violation.'] : complaints.slice(0, maxComplaints).map((line) => `! ${line}`)),
    ...(more > 0 ? [`! … and ${more} more`] : []),
  ].join('\n');
}

/** docs/storm.md with this run as its newest line, and its invariants in place of the last one's. */
export function addToDocument(markdown: string | undefined, result: StormResult): string {
  const [runs = introduction] = (markdown ?? introduction).split(lastRun);
  return `${addRow(runs, 'Runs', rowOf(result)).trimEnd()}\n${lastRun}\n${wrap(describeFaults(result))}\n\n${formatReports(result.reports)}\n`;
}

function rowOf(result: StormResult): Readonly<Record<string, string | number>> {
  const { options, startedAt, calls, faults, restedAfterMs, reports } = result;
  const cases = reports.reduce((sum, report) => sum + report.cases, 0);
  const wrong = reports.flatMap((report) => report.wrong);
  return {
    date: startedAt.slice(0, 10),
    duration: seconds(options.durationMs),
    'orders/s': options.ratePerSecond,
    seed: options.seed,
    calls: calls.length,
    answers: describeAnswers(result),
    'faults with effect': `${faults.filter(({ effective }) => effective).length} of ${options.faults}`,
    'at rest after': restedAfterMs === undefined ? 'never' : seconds(restedAfterMs),
    cases,
    violations: wrong.length,
    'fails at most (95 %)': formatBound(bound95({ cases, wrong })),
  };
}

function describeAnswers(result: StormResult): string {
  return Object.entries(countAnswers(result))
    .map(([answer, count]) => `${answer} × ${count}`)
    .join(', ');
}

function describeFaults({ faults }: StormResult): string {
  const counts = Object.entries(
    Object.groupBy(faults, ({ kind, target, effective }) => `${kind} ${target}${effective ? '' : ' (no effect)'}`),
  );
  const named = counts.map(([name, same = []]) => (same.length > 1 ? `${name} × ${same.length}` : name));
  return `${faults.length} faults: ${named.sort().join(', ')}`;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
