import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dlqCommandLine } from './command-line.ts';
import type { DlqCommand } from './run-dlq.ts';

/** The command that a line asks for. Rejects with what the user reads. */
async function parse(line: string): Promise<DlqCommand | undefined> {
  let command: DlqCommand | undefined;
  let output = '';
  const program = dlqCommandLine(async (parsed) => {
    command = parsed;
  });
  const write = (text: string): void => {
    output += text;
  };
  for (const one of [program, ...program.commands])
    one.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(line.split(' ').filter(Boolean), { from: 'user' });
  } catch (error) {
    throw new Error(output, { cause: error });
  }
  return command;
}

describe('a command', () => {
  test.each([
    ['list', { kind: 'list', group: undefined }],
    ['list notifications', { kind: 'list', group: 'notifications' }],
    ['show notifications/17', { kind: 'show', ids: ['notifications/17'] }],
    ['drop notifications/17 analytics/3', { kind: 'drop', ids: ['notifications/17', 'analytics/3'] }],
    ['redrive notifications/17', { kind: 'redrive', ids: ['notifications/17'] }],
    ['redrive --all', { kind: 'redrive-matching', group: undefined, cause: undefined }],
    ['redrive --cause bad-data --group analytics', { kind: 'redrive-matching', group: 'analytics', cause: 'bad-data' }],
  ])('%s is understood', async (line, command) => {
    expect(await parse(line)).toEqual(command);
  });

  test.each(['--help', 'redrive --help', '-h'])('%s shows the usage and exits with 0', async (line) => {
    await expect(parse(line)).rejects.toMatchObject({
      message: expect.stringContaining('Usage: npm run dlq'),
      cause: { exitCode: 0 },
    });
  });

  test.each([
    ['', 'Usage: npm run dlq'],
    ['eat', "unknown command 'eat'"],
    ['list notifications analytics', "too many arguments for 'list'"],
    ['show', "missing required argument 'id'"],
    ['drop', "missing required argument 'id'"],
    ['redrive', 'redrive takes ids, or --all or --cause'],
    ['redrive notifications/17 --all', 'redrive takes ids, or --all or --cause'],
    ['redrive notifications/17 --group analytics', '--group goes with --all or --cause only'],
    ['list --all', "unknown option '--all'"],
    ['list --what', "unknown option '--what'"],
  ])('"%s" is rejected, and the error says why', async (line, reason) => {
    await expect(parse(line)).rejects.toMatchObject({
      message: expect.stringContaining(reason),
      cause: { exitCode: 1 },
    });
  });

  test('an unknown cause is rejected with a list of the known ones', async () => {
    await expect(parse('redrive --cause bad-date')).rejects.toThrow(
      "'bad-date' is invalid. Allowed choices are not-a-cloudevent, unknown-version, bad-data, oversize, tombstone, " +
        'unreadable-batch, attempts-exhausted, refused.',
    );
  });
});

test('each command of the runbook is valid', async () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const commands = [...runbook.matchAll(/`npm run dlq -- ([^`]+)`/g)].map(([, line = '']) => line);
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) expect(await parse(command)).toBeDefined();
});
