/**
 * Follows docs/kubectl-apply.md as a newcomer would: in a separate checkout, on an empty native cluster beside the one
 * that the other tests use.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { recallState } from '../../cluster/state.ts';
import { copyCheckout } from './copy-checkout.ts';
import { findMismatches, readSteps, scriptOf } from './run-document.ts';

const isNative = (await recallState())?.target === 'native';
const FILE = 'docs/kubectl-apply.md';

let checkout: string;
// A person's shell has no variables of a surrounding make or test run.
const env = { MAKELEVEL: undefined, MAKEFLAGS: undefined, MFLAGS: undefined, CLUSTER: 'native' };
const inCheckout = (script: string) =>
  execa('bash', ['-c', script], { cwd: checkout, env, reject: false, stdin: 'ignore', timeout: 600_000 });

describe.skipIf(!isNative)('the manifests, applied by kubectl on an empty cluster with the platform,', () => {
  let faults: readonly string[];
  beforeAll(async () => {
    checkout = await copyCheckout(await mkdtemp(join(tmpdir(), 'windlass-apply-')));
    const steps = readSteps(FILE, await readFile(join(root, FILE), 'utf8'), /empty cluster/);
    const { stdout, exitCode } = await inCheckout(scriptOf(steps));
    faults = findMismatches(steps, stdout, exitCode);
  }, 660_000);
  afterAll(async () => {
    await inCheckout('make down');
    await rm(checkout, { recursive: true, force: true });
  }, 120_000);

  it('bring the system up as the document says', () => expect(faults).toEqual([]));

  it('give each service its sidecar at once: no deployment was rolled out twice', async () => {
    const query = 'jsonpath=\'{range .items[*]}{.metadata.name} {.spec.initContainers[*].name}{"\\n"}{end}\'';
    const { stdout: pods } = await inCheckout(`eval "$(make env)"; kubectl -n shop get pods -l app -o ${query}`);
    const services = pods.split('\n').filter(Boolean);
    expect(services.length).toBeGreaterThan(5);
    expect(services.filter((line) => !line.includes('istio-proxy'))).toEqual([]);

    const revisions =
      'jsonpath=\'{range .items[*]}{.metadata.annotations.deployment\\.kubernetes\\.io/revision}{"\\n"}{end}\'';
    const { stdout } = await inCheckout(`eval "$(make env)"; kubectl -n shop get deployments -l app -o ${revisions}`);
    expect(new Set(stdout.split('\n').filter(Boolean))).toEqual(new Set(['1']));
  });

  it('are found again by `make status`, and removed by `make down`, after .windlass was deleted', async () => {
    // Processes of the running cluster still write into the folder.
    await rm(join(checkout, '.windlass'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    const status = await inCheckout('make status');
    expect(status.exitCode).not.toBe(0);
    expect(status.stderr).toMatch(/cluster, native, is down; `make up` brings it back: a new node replaces it/);
    expect((await inCheckout('make down')).stderr).toContain('remove the native cluster');
    expect((await inCheckout('make down')).stdout).toContain('Nothing to remove.');
  }, 120_000);
});
