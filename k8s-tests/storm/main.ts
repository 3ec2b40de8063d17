import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { explainUsage } from '../../cluster/commands/run-command.ts';
import { root, stateFolder } from '../../cluster/paths.ts';
import { UserError } from '../../cluster/settings.ts';
import { openCluster } from '../harness/cluster.ts';
import { readDurationMs } from '../harness/envoy.ts';
import { defaultFaults, failuresOf } from './fault-run.ts';
import { addToDocument, formatResult } from './report.ts';
import { runFaultInjection } from './run-fault-injection.ts';

const DOCUMENT = join(root, 'docs', 'storm.md');

interface Flags {
  readonly duration: number;
  readonly rate: number;
  readonly seed: number;
  readonly faults?: number;
  readonly writeDocs: boolean;
}

const { duration, rate, seed, faults, writeDocs } = explainUsage(
  new Command('storm')
    .description(
      'Places orders while it kills or freezes pods, sidecars, istiod, the broker and Postgres and cuts links. Then it ' +
        'checks from outside that no order, event, stock or money is lost. Needs the running system (make up), native or ' +
        'kind. It logs every fault as a line of JSON in .windlass/storm-<start>.jsonl. Exit code 1 if an invariant is ' +
        'violated or if fewer faults than requested had an effect.',
    )
    .option('--duration <time>', 'how long to place orders, such as 90s, 2m or 3h', durationMs, 120_000)
    .option('--rate <number>', 'orders per second; ten times as many for 30 s in every ten minutes', positive, 1)
    .option('--seed <number>', 'determines the orders and the faults', wholeNumber, Date.now() % 2 ** 31)
    .option('--faults <number>', 'the number of faults (default: one per 15 s)', wholeNumber)
    .option('--write-docs', 'add the result to docs/storm.md', false),
)
  .parse()
  .opts<Flags>();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const options = { seed, durationMs: duration, ratePerSecond: rate, faults: faults ?? defaultFaults(duration) };
const startedAt = Date.now();
const say = (line: string) =>
  console.log(`${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(5)} s  ${line}`);

try {
  const cluster = openCluster();
  try {
    const log = join(stateFolder, `storm-${new Date(startedAt).toISOString().replaceAll(':', '')}.jsonl`);
    const write = (entry: object) => appendFileSync(log, `${JSON.stringify(entry)}\n`);
    write({ kind: 'run', at: new Date(startedAt), ...options });
    say(`fault-injection run: seed ${seed}, ${options.faults} faults, log ${log}`);
    const result = await runFaultInjection(cluster, options, {
      signal: interrupted.signal,
      onProgress: say,
      // At once, so that a run that fails has told what it saw.
      onCall: (call) => write({ kind: 'call', ...call }),
      onFault: (fault) => {
        write(fault);
        say(
          `${fault.kind} ${fault.target} ${fault.direction ?? ''} ${fault.effective ? '' : 'NO EFFECT '}${fault.observed.join(', ').slice(0, 160)}`,
        );
      },
    });
    console.log(`\n${formatResult(result)}`);
    if (writeDocs)
      writeFileSync(DOCUMENT, addToDocument(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : undefined, result));
    process.exitCode = failuresOf(result).length === 0 ? 0 : 1;
  } finally {
    cluster.close();
  }
} catch (error) {
  if (interrupted.signal.aborted) console.error('interrupted; all faults are reverted');
  else if (error instanceof UserError || error instanceof RangeError) console.error(error.message);
  else throw error;
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}

function durationMs(text: string): number {
  try {
    return readDurationMs(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number of at least 0.');
  return value;
}
