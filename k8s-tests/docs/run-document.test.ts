import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { findMismatches, readSteps, scriptOf } from './run-document.ts';

const tourOf = (text: string) => readSteps('README.md', text, /tour/);

const readme = (commands: string, output?: string): string =>
  [
    '# Demo',
    '```sh',
    'exit 9',
    '```',
    '## The tour',
    '```sh',
    "x=3; printf 'no newline at the end'",
    '```',
    '```text',
    'no newline at the end',
    '```',
    'Then:',
    '```sh',
    commands,
    '```',
    ...(output === undefined ? [] : ['', '```text', output, '```']),
    '## Later',
    '```sh',
    'exit 9',
    '```',
  ].join('\n');

async function faultsOf(commands: string, output?: string): Promise<readonly string[]> {
  const steps = tourOf(readme(commands, output));
  const { stdout, exitCode } = await execa('bash', ['-c', scriptOf(steps)], { reject: false });
  return findMismatches(steps, stdout, exitCode);
}

it("reads the tour's blocks only, with their lines", () => {
  expect(tourOf(readme('a\nb', 'c'))).toEqual([
    { place: 'README.md:7', commands: expect.stringContaining('x=3'), output: ['no newline at the end'] },
    { place: 'README.md:14', commands: 'a\nb', output: ['c'] },
  ]);
});

it('rejects a document that lacks the section', () => {
  expect(() => tourOf('# Demo\n```sh\nls\n```')).toThrow('README.md has no section /tour/');
});

describe('the cluster suites find the steps that they run', () => {
  it.each([
    ['README.md', /Place an order/, ['"status":"confirmed"', 'idempotency-replayed: true', '"status":"fulfilled"']],
    ['docs/tour.md', /./, ['201 after', 'Inventory/Check":3', 'Inventory/Check":1', 'timeout: 900ms', '900ms 2']],
    ['docs/kubectl-apply.md', /empty cluster/, ['deployment.apps/orders serverside-applied', '"orderId":']],
  ])('in %s, with the output that they compare', (file, heading, outputs) => {
    const steps = readSteps(file, readFileSync(join(root, file), 'utf8'), heading);
    const documented = steps.flatMap(({ output }) => output).join('\n');
    for (const output of outputs) expect(documented).toContain(output);
  });
});

describe('a tour without faults', () => {
  it.each([
    ['runs in one shell', 'echo "$x requests"', '3 requests'],
    ['may print more than is documented, before, between and after', 'echo a; echo b; echo c; echo d', 'b\nd'],
    ['may elide lines and parts of lines', 'echo "x-id: 1 and more"', '…\nx-id: … more\n…'],
    ['may print on stderr', 'echo warning >&2', 'warning'],
    ['may contain a command that fails if it handles the failure', 'false || echo "exit code $?"', 'exit code 1'],
    ['may leave a process running', 'sleep 60 > /dev/null &', undefined],
    [
      'may differ in ids, times, durations, ports and widths',
      'echo "6432e63b-a8cb-4cb3-8673-ff2840371fe3  2026-11-21T07:03:22.318Z 0.2 s +1.5   12.0 ms 127.0.0.1:8081"',
      'aac2478d-6600-4dbd-bc7a-840649b08bd8 2026-12-01T00:00:00.000Z 1.7 s +13.1 9.9 ms 127.0.0.1:8080',
    ],
  ])('%s', async (_, commands, output) => {
    expect(await faultsOf(commands, output)).toEqual([]);
  });
});

describe('a tour is faulty', () => {
  it.each([
    ['if a command fails', 'false\necho done', undefined, /README.md:14: .*exit code 1/],
    ['if a command does not exist', 'no-such-command', undefined, /README.md:14: .*exit code 127\n.*not found/],
    ['if a variable was never set', 'echo "$never"', undefined, /README.md:14: .*exit code/],
    ['if a documented line is not printed', 'echo 2', '3', /README.md:14: not printed: 3/],
    ['if documented lines are printed in another order', 'echo b; echo a', 'a\nb', /README.md:14: not printed: b/],
  ])('%s', async (_, commands, output, fault) => {
    expect((await faultsOf(commands, output)).join('\n')).toMatch(fault);
  });
});
