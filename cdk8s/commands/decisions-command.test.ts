import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { environments } from '../environments.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { decisions } from './decisions-command.ts';

const source = { topology, policies, limits, saga, environments };
let out: string;
const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
const stdout = vi.spyOn(console, 'log').mockImplementation(() => {});

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'windlass-decisions-'));
  stderr.mockClear();
  stdout.mockClear();
});
afterEach(() => rmSync(out, { recursive: true }));

test('the files in docs/ are current; if this fails, run make decisions', async () => {
  const code = await decisions(['--check', '--out', join(import.meta.dirname, '../../docs')], source);
  expect({ code, stale: stderr.mock.calls.flat() }).toEqual({ code: 0, stale: [] });
});

test('the files are written, and only if they change', async () => {
  expect(await decisions(['--out', out], source)).toBe(0);
  expect(stdout).toHaveBeenCalledTimes(3);
  expect(await decisions(['--out', out], source)).toBe(0);
  expect(stdout).toHaveBeenCalledTimes(3);
});

test('--check names what is missing or out of date, exits 1 and writes nothing', async () => {
  expect(await decisions(['--check', '--out', out], source)).toBe(1);
  await decisions(['--out', out], source);
  writeFileSync(join(out, 'saga.md'), 'old');
  stderr.mockClear();
  expect(await decisions(['--check', '--out', out], source)).toBe(1);
  expect(stderr.mock.calls).toEqual([[`${join(out, 'saga.md')} is out of date: run make decisions.`]]);
  expect(readFileSync(join(out, 'saga.md'), 'utf8')).toBe('old');
});

test('a source with problems is rejected like at synthesis', async () => {
  const { 'orders->inventory': _, ...others } = policies;
  expect(await decisions(['--out', out], { ...source, policies: others })).toBe(1);
  expect(stderr.mock.calls.join()).toContain('orders->inventory  policy = none  [policy-for-each-dependency]');
});
