import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { environments } from '../../cdk8s/environments.ts';
import { limits, policies } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { topology } from '../../cdk8s/topology.ts';
import { explainUsage } from '../../cluster/commands/run-command.ts';
import { root } from '../../cluster/paths.ts';
import { UserError } from '../../cluster/settings.ts';
import { openClusterTests } from './cluster-tests.ts';
import { listMutants, type Mutant } from './mutants.ts';
import { mutate } from './mutate.ts';
import { everyDeployedIsKilled, formatReport, killedShare } from './report.ts';

/** The cluster tests that judge every mutant; they are derived from the policies. */
const TESTS = ['mesh/live-config.cluster.test.ts'];
const REPORT = join(root, 'docs', 'mutation.md');
const BOUND_PERCENT = 95;

const { sample, seed, writeDocs } = explainUsage(
  new Command('mutate')
    .description(
      'Removes or changes each field of each policy in turn, deploys that mutant to the running cluster and checks ' +
        'whether a cluster test fails. Afterwards it restores the policies. Exit code 1 if cluster tests fail for fewer ' +
        `than ${BOUND_PERCENT} % of the mutants that the synthesis accepts; with --sample, if they pass for any mutant ` +
        'that changes a manifest.',
    )
    .option('--sample <count>', 'the number of mutants, selected by the seed (default: all)', wholeNumber)
    .option('--seed <number>', 'selects the sample', wholeNumber, Date.now() % 2 ** 31)
    .option('--write-docs', 'write the result to docs/mutation.md', false),
)
  .parse()
  .opts<{ sample?: number; seed: number; writeDocs: boolean }>();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const all = listMutants(policies);
const mutants = sample === undefined ? all : pick(all, sample, seed);
console.log(
  sample === undefined ? `${all.length} mutants` : `${mutants.length} of ${all.length} mutants, seed ${seed}`,
);

const tests = await openClusterTests(TESTS);
let done = 0;
try {
  const outcomes = await mutate({
    model: { topology, policies, limits, saga },
    replicas: environments.dev.replicas,
    mutants,
    tests,
    onOutcome: ({ mutant, verdict }) => {
      done += 1;
      const detail = verdict.kind === 'rejected' ? `by ${verdict.rules.join(', ')}` : '';
      console.log(`[${done}/${mutants.length}] ${verdict.kind.padEnd(8)} ${mutant} ${detail}`.trimEnd());
    },
    signal: interrupted.signal,
  });
  const report = formatReport(outcomes, new Date());
  console.log(`\n${report}`);
  if (writeDocs) await writeFile(REPORT, report);
  const enough = sample === undefined ? killedShare(outcomes) >= BOUND_PERCENT / 100 : everyDeployedIsKilled(outcomes);
  // This always sets the exit code, because Vitest has set it to failure for failing tests, and here failing tests
  // are the success.
  process.exitCode = enough && outcomes.length === mutants.length ? 0 : 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await tests.close();
}

function pick(from: readonly Mutant[], count: number, seedOfPick: number): Mutant[] {
  const size = Math.min(count, from.length);
  const [picked = []] = fc.sample(fc.shuffledSubarray([...from], { minLength: size, maxLength: size }), {
    seed: seedOfPick,
    numRuns: 1,
  });
  return picked;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number of at least 1.');
  return value;
}
