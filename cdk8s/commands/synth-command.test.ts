import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { environments } from '../environments.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { synth } from './synth-command.ts';

let out: string;
const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
const stdout = vi.spyOn(console, 'log').mockImplementation(() => {});

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'windlass-synth-'));
  stderr.mockClear();
  stdout.mockClear();
});
afterEach(() => rmSync(out, { recursive: true }));

test('all environments are written, or the requested one', () => {
  expect(synth(['--out', out, '--env', 'prod'], { topology, policies, limits, saga, environments })).toBe(0);
  expect(readdirSync(out)).toEqual(['prod']);
  expect(synth(['--out', out], { topology, policies, limits, saga, environments })).toBe(0);
  expect(readdirSync(out).toSorted()).toEqual(Object.keys(environments).toSorted());
});

test('--image replaces the image everywhere', () => {
  const image = 'registry.example/team/services:1';
  synth(['--out', out, '--env', 'dev', '--image', image], { topology, policies, limits, saga, environments });
  const workloads = readFileSync(join(out, 'dev/60-workloads.yaml'), 'utf8');
  expect(new Set(workloads.match(/image: \S+/g))).toEqual(new Set([`image: ${image}`]));
});

test('the availability of every route is printed', () => {
  synth(['--out', out, '--env', 'dev'], { topology, policies, limits, saga, environments });
  expect(stdout.mock.calls.join()).toMatch(/^availability of .*\nPOST \/v1\/orders +4 +97\.914 %/);
});

test('files of an earlier run are removed', () => {
  mkdirSync(join(out, 'dev'));
  writeFileSync(join(out, 'dev/99-gone.yaml'), '');
  synth(['--out', out], { topology, policies, limits, saga, environments });
  expect(readdirSync(join(out, 'dev'))).not.toContain('99-gone.yaml');
});

test('a source with problems exits with 1, prints all problems on stderr, and keeps the last valid manifests', () => {
  synth(['--out', out], { topology, policies, limits, saga, environments });
  const { 'orders->inventory': _, ...others } = policies;
  const payments = policies['orders->payments'];
  const { retries } = payments.rpcs.Authorize;
  const Authorize = { ...payments.rpcs.Authorize, timeoutMs: 60, retries: { ...retries, backoffMs: 20 } };
  const pool = { ...payments.pool, connectTimeoutMs: 50 };
  const broken = { ...others, 'orders->payments': { ...payments, pool, rpcs: { Authorize } } };

  stdout.mockClear();
  expect(synth(['--out', out], { topology, policies: broken, limits, saga, environments })).toBe(1);
  expect(stdout).not.toHaveBeenCalled();

  expect(stderr.mock.calls.join()).toBe(
    [
      '2 problem(s) in topology.ts and policies.ts:',
      '  orders->inventory  policy = none  [policy-for-each-dependency]',
      '    nothing says what happens when this call fails.',
      '  orders->payments.Authorize  timeoutMs = 60  [attempts-fit-timeout]',
      '    3 attempts and up to 60 ms of back-off take 60 ms: the last one never happens. Raise the timeout or ask for less.',
    ].join('\n'),
  );
  expect(existsSync(join(out, 'dev/60-workloads.yaml'))).toBe(true);
});

test('an environment whose pods open more connections than Postgres has is rejected with all other problems', () => {
  const database = { ...environments.prod.database, poolSize: 7 };
  const { 'orders->inventory': _, ...others } = policies;
  const broken = { ...environments, prod: { ...environments.prod, database } };
  expect(synth(['--out', out], { topology, policies: others, limits, saga, environments: broken })).toBe(1);
  expect(stderr.mock.calls.join()).toMatch(/policy-for-each-dependency.*environments\.prod.*\[connections-fit\]/s);
});

test('an environment whose numbers cannot work is rejected, and nothing is written', () => {
  const kafka = { ...environments.prod.kafka, minInSync: 3 };
  const broken = { ...environments, prod: { ...environments.prod, kafka } };
  expect(synth(['--out', out], { topology, policies, limits, saga, environments: broken })).toBe(1);
  expect(stderr.mock.calls.join()).toContain('environments.prod  kafka.minInSync = 3  [in-sync-fits-replication]');
  expect(readdirSync(out)).toEqual([]);
});
