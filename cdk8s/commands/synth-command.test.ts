import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { environments } from '../environments.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { synth } from './synth-command.ts';

const source = { topology, policies, limits, saga, environments };
const DIGEST = `registry.example/team/services@sha256:${'1'.repeat(64)}`;
/** What prod needs beside its source, whose names are examples. */
const forProd = ['--image', DIGEST, '--examples'];

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
  expect(synth(['--out', out, '--env', 'prod', ...forProd], source)).toBe(0);
  expect(readdirSync(out)).toEqual(['prod']);
  expect(synth(['--out', out, ...forProd], source)).toBe(0);
  expect(readdirSync(out).toSorted()).toEqual(Object.keys(environments).toSorted());
});

test('a problem that shows only in one environment keeps all of them from being written', () => {
  const acquirer = { ...environments.prod.partners.acquirer, host: 'orders.shop.svc.cluster.local' };
  const prod = { ...environments.prod, partners: { acquirer } };
  expect(synth(['--out', out], { ...source, environments: { ...environments, prod } })).toBe(1);
  expect(readdirSync(out)).toEqual([]);
});

test('wrong usage exits with 2, and --help with 0', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  expect(() => synth(['--env', 'nope'], source)).toThrow('exit 2');
  expect(() => synth(['--help'], source)).toThrow('exit 0');
  for (const mock of [write, print, exit]) mock.mockRestore();
});

test('--image replaces the image everywhere', () => {
  const image = 'registry.example/team/services:1';
  synth(['--out', out, '--env', 'dev', '--image', image], source);
  const workloads = readFileSync(join(out, 'dev/60-workloads.yaml'), 'utf8');
  expect(new Set(workloads.match(/image: \S+/g))).toEqual(new Set([`image: ${image}`]));
});

test('the availability of every route is printed', () => {
  synth(['--out', out, '--env', 'dev'], source);
  expect(stdout.mock.calls.join()).toMatch(/^availability of .*\nPOST \/v1\/orders +4 +97\.914 %/);
});

test('files of an earlier run are removed', () => {
  mkdirSync(join(out, 'dev'));
  writeFileSync(join(out, 'dev/99-gone.yaml'), '');
  synth(['--out', out], source);
  expect(readdirSync(join(out, 'dev'))).not.toContain('99-gone.yaml');
});

test('a source with problems exits with 1, prints all problems on stderr, and keeps the last valid manifests', () => {
  synth(['--out', out], source);
  const { 'orders->inventory': _, ...others } = policies;
  const payments = policies['orders->payments'];
  const { retries } = payments.rpcs.Authorize;
  const Authorize = { ...payments.rpcs.Authorize, timeoutMs: 60, retries: { ...retries, backoffMs: 20 } };
  const pool = { ...payments.pool, connectTimeoutMs: 50 };
  const broken = { ...others, 'orders->payments': { ...payments, pool, rpcs: { Authorize } } };

  stdout.mockClear();
  stderr.mockClear();
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

test('without its image prod is an example whose image cannot be pulled, which makes no fault of the others', () => {
  expect(synth(['--out', out], source)).toBe(0);
  expect(existsSync(join(out, 'dev/60-workloads.yaml'))).toBe(true);
  const workloads = readFileSync(join(out, 'prod/60-workloads.yaml'), 'utf8');
  const images = new Set(workloads.match(/(?<=image: ).*/g));
  expect([...images]).toEqual([`registry.example/windlass/services@sha256:${'0'.repeat(64)}`]);
  expect(stderr.mock.calls.join()).toMatch(/prod is an example .* brings image = none, partners/);
});

test('asked for by name, prod names every field that its operator brings, and nothing is written', () => {
  expect(synth(['--out', out, '--env', 'prod'], source)).toBe(1);
  const errors = stderr.mock.calls.join();
  expect(errors).toContain('environments.prod  image = none  [image-by-digest]');
  expect(errors).toContain('environments.prod  partners.acquirer.host = api.acquirer.example  [no-examples]');
  expect(errors).toContain('environments.prod  postgres.addresses.0 = 198.51.100.0/24  [no-examples]');
  expect(errors).toContain('environments.prod  tokens.issuer = https://accounts.windlass.example  [no-examples]');
  expect(readdirSync(out)).toEqual([]);
});
