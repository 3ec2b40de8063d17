import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type SagaCommand, sagaCommandLine } from './command-line.ts';

/** The command that a line asks for. Rejects with what the user reads. */
async function parse(args: readonly string[]): Promise<SagaCommand | undefined> {
  let command: SagaCommand | undefined;
  let output = '';
  const program = sagaCommandLine(async (parsed) => {
    command = parsed;
  });
  const write = (text: string): void => {
    output += text;
  };
  for (const one of [program, ...program.commands])
    one.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    throw new Error(output, { cause: error });
  }
  return command;
}

test.each([
  [['list'], { kind: 'list', onlyLate: false }],
  [['list', '--late'], { kind: 'list', onlyLate: true }],
  [['show', 'o-1'], { kind: 'show', id: 'o-1' }],
  [['retry', 'o-1', '--reason', ' partner is back '], { kind: 'retry', id: 'o-1', reason: 'partner is back' }],
  [
    ['cancel', 'o-1', '--reason', 'refused', '--by', 'ann'],
    { kind: 'cancel', id: 'o-1', reason: 'refused', by: 'ann' },
  ],
  [['resume', '--reason', 'event was dropped', 'o-1'], { kind: 'resume', id: 'o-1', reason: 'event was dropped' }],
  [['repeat', 'o-1', '--reason', 'restored'], { kind: 'repeat', orders: { id: 'o-1' }, reason: 'restored' }],
  [
    ['repeat', '--since', '2026-11-21T11:00:00+01:00', '--reason', 'restored', '--by', 'ann'],
    { kind: 'repeat', orders: { since: new Date('2026-11-21T10:00:00Z') }, reason: 'restored', by: 'ann' },
  ],
])('%j is understood', async (args, command) => {
  expect(await parse(args)).toMatchObject(command);
});

test.each([
  ['90s', 90],
  ['30m', 1_800],
  ['2h', 7_200],
  ['1d', 86_400],
])('--since %s is that long ago', async (text, seconds) => {
  const command = await parse(['repeat', '--since', text, '--reason', 'restored']);
  if (command?.kind !== 'repeat' || !('since' in command.orders)) throw new Error('not understood');
  expect(Math.abs(Date.now() - seconds * 1_000 - command.orders.since.getTime())).toBeLessThan(10_000);
});

test.each([[['--help']], [['cancel', '--help']], [['-h']]])('%j shows the usage and exits with 0', async (args) => {
  await expect(parse(args)).rejects.toMatchObject({
    message: expect.stringContaining('Usage: npm run saga'),
    cause: { exitCode: 0 },
  });
});

test.each([
  [[], 'Usage: npm run saga'],
  [['eat'], "unknown command 'eat'"],
  [['show'], "missing required argument 'id'"],
  [['show', 'o-1', 'o-2'], "too many arguments for 'show'"],
  [['retry', '--reason', 'x'], "missing required argument 'id'"],
  [['retry', 'o-1'], "required option '--reason <reason>' not specified"],
  [['cancel', 'o-1'], "required option '--reason <reason>' not specified"],
  [['resume', 'o-1', '--reason', ' '], 'It must not be empty.'],
  [['cancel', 'o-1', '--reason', 'x'.repeat(501)], 'It has 501 characters; use at most 500.'],
  [['repeat', 'o-1'], "required option '--reason <reason>' not specified"],
  [['repeat', '--reason', 'x'], 'name an order, or use --since'],
  [['repeat', 'o-1', '--since', '1h', '--reason', 'x'], 'name either an order or --since, not both'],
  [['repeat', '--since', 'yesterday', '--reason', 'x'], 'Use a time such as'],
  [['repeat', '--since', '2h30m', '--reason', 'x'], 'Use a time such as'],
  [['repeat', '--since', '2026-11-26T10:00:00', '--reason', 'x'], 'Use a time such as'],
  [['repeat', '--since', '2999-01-01T00:00:00Z', '--reason', 'x'], 'It is in the future.'],
  [['list', '--reason', 'x'], "unknown option '--reason'"],
])('%j is rejected, and the error says why', async (args, reason) => {
  await expect(parse(args)).rejects.toMatchObject({
    message: expect.stringContaining(reason),
    cause: { exitCode: 1 },
  });
});

test('each command of the runbook is valid', async () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../../docs/runbook.md'), 'utf8');
  const commands = [...runbook.matchAll(/`npm run saga -- ([^`]+)`/g)].map(([, line = '']) => line);
  expect(commands.length).toBeGreaterThan(3);
  for (const line of commands) {
    const args = [...line.replaceAll('<order id>', 'o-1').matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? '',
    );
    expect(await parse(args)).toBeDefined();
  }
});
