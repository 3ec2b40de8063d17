import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const contractsDir = import.meta.dirname;
const binDir = join(contractsDir, '../../node_modules/.bin');
const released = join(contractsDir, 'released/contracts.txtpb');

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'windlass-contracts-'));
  for (const input of ['buf.yaml', 'buf.gen.yaml', 'proto']) {
    cpSync(join(contractsDir, input), join(copy, input), { recursive: true });
  }
});
afterEach(() => rmSync(copy, { recursive: true }));

/** Runs buf and returns its output, even if buf exits with an error, which it does when it finds something. */
function buf(args: string[], cwd: string): string {
  const env = { ...process.env, PATH: `${binDir}:${process.env.PATH}` };
  try {
    return execFileSync(join(binDir, 'buf'), args, { cwd, env, encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout || error);
  }
}

function readTree(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(paths.map((path) => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]));
}

test('the committed generated code is current', () => {
  buf(['generate'], copy);
  expect(readTree(join(contractsDir, 'gen'))).toEqual(readTree(join(copy, 'gen')));
});

test('the protos pass buf lint', () => {
  expect(buf(['lint'], contractsDir)).toBe('');
});

test('the protos are compatible with the last released contracts', () => {
  expect(buf(['breaking', '--against', released], contractsDir)).toBe('');
});

/** Edits of a proto that break clients of the released contracts. */
const breaking = [
  ['a removed field', 'events/v1/orders', '  string customer_id = 2;\n', '', /customer_id/],
  [
    'a changed type',
    'money/v1/money',
    'int64 amount_minor',
    'double amount_minor',
    /"amount_minor".*type from "int64" to "double"/,
  ],
  ['a renamed field, which changes its JSON', 'events/v1/orders', 'string country', 'string land', /"country"/],
  ['a new number', 'events/v1/orders', 'string country = 3', 'string country = 4', /field "3".*"country"/],
  ['a renamed enum value', 'events/v1/orders', 'ORDER_STATUS_PENDING', 'ORDER_STATUS_OPEN', /ORDER_STATUS_PENDING/],
  ['a removed RPC', 'payments/v1/payments', /^.*rpc Reverse\(.*$/m, '', /RPC "Reverse"/],
] as const;

test.each(breaking)('%s is reported as breaking', (_, proto, before, after, finding) => {
  edit(proto, before, after);
  expect(buf(['breaking', '--against', released], copy)).toMatch(finding);
});

test('a new field is not reported as breaking', () => {
  edit('money/v1/money', 'int64 amount_minor = 2;', 'int64 amount_minor = 2;\n  string note = 3;');
  expect(buf(['breaking', '--against', released], copy)).toBe('');
});

function edit(proto: string, before: string | RegExp, after: string): void {
  const file = join(copy, 'proto/windlass', `${proto}.proto`);
  const text = readFileSync(file, 'utf8');
  const edited = text.replace(before, after);
  expect(edited, `${proto} holds ${before}`).not.toBe(text);
  writeFileSync(file, edited);
}
