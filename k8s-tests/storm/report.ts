import { wrap } from '../../cdk8s/documents/markdown.ts';
import { addRow } from '../bench/benchmark-log.ts';
import { bound95, formatBound, formatReports } from '../checker/report.ts';
import { type FaultRunResult, failuresOf } from './fault-run.ts';
import { formatPending, pendingShares } from './pending.ts';

const lastRun = '\n## The last run\n';
const maxFailures = 25;

const introduction = `# Fault-injection runs

Orders arrive at a steady rate with bursts of ten times that, while containers are killed and frozen, links are cut,
and dependencies answer without being of use. Then a checker that shares no code with the services reads databases,
topics and the partner's ledger. Each line is one
run of \`npm run storm -- --write-docs\`. \`--seed\` with the same settings and the same version repeats a run. An order is
pending if inventory or payments did not answer while its customer waited: in a fault on the customer's path (or up to
15 s after it) that is what should happen. So it is with the cards \`tok_slow\`, \`tok_flaky\` and \`tok_lost\`, which the
partner does not answer in time, one order in thirteen. Otherwise it is rare.
`;

/** Counts the responses by status. */
export function countAnswers({ calls }: Pick<FaultRunResult, 'calls'>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, error } of calls) {
    const answer = status !== undefined ? String(status) : error?.startsWith('not sent') ? 'not sent' : 'no answer';
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

/** Formats the result for a terminal. */
export function formatResult(result: FaultRunResult): string {
  const failures = failuresOf(result);
  const { inside, troubledCards, outside } = pendingShares(result);
  const more = failures.length - maxFailures;
  return [
    `seed ${result.options.seed}, ${result.calls.length} calls: ${describeAnswers(result)}`,
    describeFaults(result),
    `pending when placed: ${formatPending(inside)} during faults on the customer's path and 15 s after, otherwise ` +
      `${formatPending(troubledCards)} with cards that the partner answers late, ${formatPending(outside)} with others`,
    result.quiescentAfterMs === undefined
      ? 'not quiescent'
      : `quiescent ${seconds(result.quiescentAfterMs)} after the last fault`,
    '',
    formatReports(result.reports),
    '',
    ...(failures.length === 0 ? ['No violation.'] : failures.slice(0, maxFailures).map((line) => `! ${line}`)),
    ...(more > 0 ? [`! … and ${more} more`] : []),
  ].join('\n');
}

/** Adds this run to docs/storm.md as the newest row and replaces the invariants of the last run. */
export function addToDocument(markdown: string | undefined, result: FaultRunResult): string {
  const [runs = introduction] = (markdown ?? introduction).split(lastRun);
  return `${addRow(runs, 'Runs', rowOf(result)).trimEnd()}\n${lastRun}\n${wrap(describeFaults(result))}\n\n${formatReports(result.reports)}\n`;
}

function rowOf(result: FaultRunResult): Readonly<Record<string, string | number>> {
  const { options, startedAt, calls, faults, quiescentAfterMs, reports } = result;
  const cases = reports.reduce((sum, report) => sum + report.cases, 0);
  const wrong = reports.flatMap((report) => report.wrong);
  const { inside, troubledCards, outside } = pendingShares(result);
  return {
    date: startedAt.slice(0, 10),
    duration: seconds(options.durationMs),
    'orders/s': options.ratePerSecond,
    seed: options.seed,
    calls: calls.length,
    answers: describeAnswers(result),
    'pending in faults': formatPending(inside),
    'otherwise, with late cards': formatPending(troubledCards),
    'pending otherwise': formatPending(outside),
    'faults with effect': `${faults.filter(({ effective }) => effective).length} of ${options.faults}`,
    'quiescent after': quiescentAfterMs === undefined ? 'never' : seconds(quiescentAfterMs),
    cases,
    violations: wrong.length,
    'fails at most (95 %)': formatBound(bound95({ cases, wrong })),
  };
}

function describeAnswers(result: FaultRunResult): string {
  return Object.entries(countAnswers(result))
    .map(([answer, count]) => `${answer} × ${count}`)
    .join(', ');
}

function describeFaults({ faults }: FaultRunResult): string {
  const counts = Object.entries(
    Object.groupBy(faults, ({ kind, target, effective }) => `${kind} ${target}${effective ? '' : ' (no effect)'}`),
  );
  const named = counts.map(([name, same = []]) => (same.length > 1 ? `${name} × ${same.length}` : name));
  return `${faults.length} faults: ${named.sort().join(', ')}`;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
