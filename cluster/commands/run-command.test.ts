import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UserError } from '../settings.ts';
import { runCommand } from './run-command.ts';

const argv = process.argv;
let stderr = '';
beforeEach(() => {
  stderr = '';
  vi.spyOn(console, 'error').mockImplementation((line) => {
    stderr += line;
  });
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.argv = argv;
  process.exitCode = undefined;
});

function run(...args: readonly string[]): Promise<void> {
  process.argv = ['node', 'program', ...args];
  const writeErr = (text: string) => {
    stderr += text;
  };
  const program = new Command('program').configureOutput({ writeErr, writeOut: () => {} });
  program
    .command('fail')
    .argument('<why>')
    .action((why: string) => {
      throw new UserError(why);
    });
  return runCommand(program);
}

test.each([['--nope'], ['nope'], ['fail'], ['fail', 'late', 'twice'], []])(
  'wrong usage, such as "%s %s", ends with exit code 2',
  async (...args) => {
    await expect(run(...args)).rejects.toThrow('exit 2');
  },
);

test('wrong usage says how to get help', async () => {
  await expect(run('fail')).rejects.toThrow();
  expect(stderr).toMatch(/^error: missing required argument 'why'\n+Add --help for the usage.\n$/);
});

test.each([[['--help']], [['fail', '--help']]])('%j ends with exit code 0', async (args) => {
  await expect(run(...args)).rejects.toThrow('exit 0');
});

test('a failure that its user can act on is one line, and exit code 1', async () => {
  await run('fail', 'late');
  expect(stderr).toBe('error: late');
  expect(process.exitCode).toBe(1);
});
