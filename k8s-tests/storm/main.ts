import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { root, stateFolder } from '../../cluster/paths.ts';
import { UserError } from '../../cluster/settings.ts';
import { openCluster } from '../harness/cluster.ts';
import { readDurationMs } from '../harness/envoy.ts';
import { addToDocument, formatResult } from './report.ts';
import { runStorm } from './run-storm.ts';
import { complaintsOf, defaultFaults } from './storm.ts';

const DOCUMENT = join(root, 'docs', 'storm.md');

interface Flags {
  readonly duration: number;
  readonly rate: number;
  readonly seed: number;
  readonly faults?: number;
  readonly writeDocs: boolean;
}

const { duration, rate, seed, faults, writeDocs } = new Command('storm')
  .description(
    `Places orders while pods, sidecars, istiod, the broker and Postgres are killed or frozen and links are cut, and then checks
from outside that no order, event, piece of stock or cent was lost. Needs the running system (make up), native or kind.
Every fault is a line of JSON in .windlass/storm-<start>.jsonl. Exit code 1 on a violation, or on fewer faults than asked for.`,
  )
  .option('--duration <time>', 'how long orders come, like 90s, 2m or 3h', durationMs, 120_000)
  .option('--rate <number>', 'orders a second; ten times as many for 30 s in every ten minutes', positive, 1)
  .option('--seed <number>', 'decides the orders and the faults', wholeNumber, Date.now() % 2 ** 31)
  .option('--faults <number>', 'how many; by default one in 15 s', wholeNumber)
  .option('--write-docs', 'add the result to docs/storm.md', false)
  .showHelpAfterError()
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
    write({ kind: 'storm', at: new Date(startedAt), ...options });
    say(`storm: seed ${seed}, ${options.faults} faults, log ${log}`);
    const result = await runStorm(cluster, options, {
      signal: interrupted.signal,
      onProgress: say,
      onFault: (fault) => {
        write(fault);
        say(
          `${fault.kind} ${fault.target} ${fault.direction ?? ''} ${fault.effective ? '' : 'NO EFFECT '}${fault.observed.join(', ').slice(0, 160)}`,
        );
      },
    });
    for (const call of result.calls) write({ kind: 'call', ...call });
    console.log(`\n${formatResult(result)}`);
    if (writeDocs)
      writeFileSync(DOCUMENT, addToDocument(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : undefined, result));
    process.exitCode = complaintsOf(result).length === 0 ? 0 : 1;
  } finally {
    cluster.close();
  }
} catch (error) {
  if (interrupted.signal.aborted) console.error('interrupted; every fault is undone');
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
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0.');
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number.');
  return value;
}
