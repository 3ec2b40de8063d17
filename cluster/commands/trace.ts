import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { readPorts } from '../state.ts';
import { Jaeger } from '../trace/jaeger.ts';
import { findOrphans, type Trace } from '../trace/trace.ts';
import { renderTree } from '../trace/trace-tree.ts';
import { runCommand } from './run-command.ts';

const program = new Command('npm run trace --')
  .description('Prints the trace of an order as a tree: service, operation, start and duration in ms, errors.')
  .argument('<id>', 'an order id, as POST /v1/orders answered it, or a trace id (32 hex digits, as in traceresponse)')
  .option('-w, --wait <seconds>', 'how long to wait for a trace that is not complete yet', readSeconds, 15)
  .addHelpText('after', '\nExit code: 0 printed, 1 not found or Jaeger not reachable, 2 wrong usage.')
  .action(printTrace);

await runCommand(program);

async function printTrace(id: string, { wait }: { readonly wait: number }): Promise<void> {
  try {
    const url = `http://127.0.0.1:${readPorts().jaeger}`;
    const trace = await waitUntilComplete(() => find(new Jaeger(url), id), wait * 1_000);
    if (trace === undefined)
      return fail(`no trace of ${id} in Jaeger at ${url} (it keeps the newest traces only, in memory)`);
    console.log(renderTree(trace));
    const orphans = findOrphans(trace).length;
    if (orphans > 0) console.log(`(not complete: the parents of ${orphans} spans have not arrived)`);
  } catch (error) {
    fail(`the trace cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function find(jaeger: Jaeger, id: string): Promise<Trace | undefined> {
  return /^[0-9a-f]{32}$/.test(id) ? jaeger.readTrace(id) : jaeger.findTraceOfOrder(id);
}

/**
 * Waits until a trace is complete or the time is over, and returns what there is. Spans arrive in batches, seconds
 * late, and the callers' often arrive last. A trace counts as complete when every span's parent is there and no span
 * was added for two seconds.
 */
async function waitUntilComplete(
  read: () => Promise<Trace | undefined>,
  timeoutMs: number,
): Promise<Trace | undefined> {
  const giveUpAt = performance.now() + timeoutMs;
  let spans = 0;
  for (;;) {
    const trace = await read();
    const settled = trace !== undefined && findOrphans(trace).length === 0 && trace.spans.length === spans;
    if (settled || performance.now() >= giveUpAt) return trace;
    spans = trace?.spans.length ?? 0;
    await sleep(Math.min(2_000, Math.max(0, giveUpAt - performance.now())));
  }
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text === '' || !(seconds >= 0)) throw new InvalidArgumentError('expected a number of seconds, 0 or more.');
  return seconds;
}

function fail(message: string): void {
  console.error(`error: ${message}`);
  process.exitCode = 1;
}
