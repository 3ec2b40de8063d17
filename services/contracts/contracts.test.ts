import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const contractsDir = import.meta.dirname;
const binDir = join(contractsDir, '../../node_modules/.bin');

function buf(args: string[], cwd: string): string {
  const env = { ...process.env, PATH: `${binDir}:${process.env.PATH}` };
  return execFileSync(join(binDir, 'buf'), args, { cwd, env, encoding: 'utf8' });
}

function readTree(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(paths.map((path) => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]));
}

test('the committed generated code is what the protos generate', () => {
  const copy = mkdtempSync(join(tmpdir(), 'windlass-contracts-'));
  try {
    for (const input of ['buf.yaml', 'buf.gen.yaml', 'proto']) {
      cpSync(join(contractsDir, input), join(copy, input), { recursive: true });
    }
    buf(['generate'], copy);
    expect(readTree(join(contractsDir, 'gen'))).toEqual(readTree(join(copy, 'gen')));
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('the protos pass buf lint', () => {
  expect(buf(['lint'], contractsDir)).toBe('');
});
