/**
 * Windlass on a cluster that others use: a native one beside the one of the other tests, with a team's objects and an
 * Istio of its own. Everything outside of our namespaces is compared before, during and after.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeProvider } from '../../cluster/native/native.ts';
import { choosePorts } from '../../cluster/ports.ts';
import { silent } from '../../cluster/progress.ts';
import { readSettings } from '../../cluster/settings.ts';
import { namespacesOf } from '../../cluster/shared/mesh.ts';
import { recallState } from '../../cluster/state.ts';
import { copyCheckout } from '../docs/copy-checkout.ts';
import { eventually } from '../harness/eventually.ts';
import { installOthers, kubectl, MESH, type OthersCluster, othersCluster, takeStock } from './shared-cluster/others.ts';

const isNative = (await recallState())?.target === 'native';
const OURS = new Set(namespacesOf({ kind: 'shared', version: '', providers: [], hasCni: false, ...MESH }));
const isOurs = (namespace: string) => OURS.has(namespace);
/** What stays by design: the CRDs of Strimzi, which the cluster did not have. */
const isCrd = (title: string) => /^(CustomResourceDefinition|APIService) .*strimzi\.io$/.test(title);

let checkout: string;
let others: OthersCluster;
let context: string;
let before: ReadonlyMap<string, string>;

/** Runs `up` or `down` as a user whose KUBECONFIG names the cluster. */
function windlass(action: 'up' | 'down') {
  const program = join(checkout, 'k8s-tests/platform/shared-cluster/windlass.ts');
  return execa(process.execPath, [program, action, context, others.folder], {
    cwd: checkout,
    env: others.env,
    reject: false,
    stdin: 'ignore',
    timeout: 400_000,
  });
}

/** What others have, and what is in the way of nobody: objects that came are those of `allowed`. */
async function expectUntouched(allowed: (title: string) => boolean): Promise<void> {
  await eventually(
    async () => {
      const now = await takeStock(others, isOurs);
      expect([...now.keys()].filter((title) => !before.has(title) && !allowed(title))).toEqual([]);
      for (const [title, object] of before) expect(now.get(title), title).toBe(object);
    },
    { timeoutMs: 60_000, intervalMs: 2_000 },
  );
}

describe.skipIf(!isNative)('on a cluster with other teams and an Istio of theirs, Windlass', () => {
  beforeAll(async () => {
    checkout = await copyCheckout(await mkdtemp(join(tmpdir(), 'windlass-shared-')));
    others = othersCluster(await mkdtemp(join(tmpdir(), 'windlass-others-')));
    await mkdir(join(others.folder, '.windlass'));
    const node = nativeProvider(others.folder);
    await node.prepare(silent);
    await node.start(await choosePorts(readSettings({})), silent);
    await installOthers(others);
    context = (await kubectl(others, ['config', 'current-context'])).stdout.trim();
    // Their istiod writes a ConfigMap into each namespace and tightens its webhook, which can take half a minute.
    await eventually(
      async () => {
        const first = await takeStock(others, isOurs);
        expect([...first.keys()]).toContain('ConfigMap team-a/istio-ca-root-cert');
        const webhook = first.get('ValidatingWebhookConfiguration /istio-validator-others-mesh-of-others');
        expect(webhook).toContain('"failurePolicy":"Fail"');
        await sleep(10_000);
        before = await takeStock(others, isOurs);
        expect(before).toEqual(first);
      },
      { timeoutMs: 180_000, intervalMs: 1_000 },
    );
  }, 400_000);
  afterAll(async () => {
    await windlass('down');
    await nativeProvider(others.folder).remove();
    for (const folder of [checkout, others.folder]) await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }, 400_000);

  it('refuses a namespace of its name that is not its own, before it changes anything', async () => {
    await kubectl(others, ['create', 'namespace', 'shop']);
    const { stderr, exitCode } = await windlass('up');
    expect(stderr).toMatch(/nothing was changed.*\n.*the namespace shop belongs to others/);
    expect(exitCode).toBe(1);
    await kubectl(others, ['delete', 'namespace', 'shop']);
    await expectUntouched(() => false);
  });

  it('says what it will use, and serves orders in the mesh of others', async () => {
    const { stdout, stderr, exitCode } = await windlass('up');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/uses the Istio 1\.32-dev in mesh-of-others \(revision others\)/);
    const { ports, token, order } = JSON.parse(stdout) as {
      ports: { ingress: number };
      token: string;
      order: { orderId: string };
    };
    const headers = { authorization: `Bearer ${token}` };
    await eventually(
      async () => {
        const response = await fetch(`http://127.0.0.1:${ports.ingress}/v1/orders/${order.orderId}`, { headers });
        expect(await response.json()).toMatchObject({ status: 'fulfilled' });
      },
      { timeoutMs: 60_000 },
    );
  }, 420_000);

  it('leaves everything of others as it was while it runs', () =>
    expectUntouched((title) => isCrd(title) || title.startsWith('PersistentVolume ')));

  it('changes nothing when it is brought up again', async () => {
    const generations = () =>
      kubectl(others, ['-n', 'shop', 'get', 'deployments', '-o', 'jsonpath={.items[*].metadata.generation}']);
    const first = await generations();
    expect((await windlass('up')).exitCode).toBe(0);
    expect((await generations()).stdout).toBe(first.stdout);
  }, 420_000);

  it('removes exactly what it made, says what stays, and finds nothing more to remove', async () => {
    const { stdout, stderr, exitCode } = await windlass('down');
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('Stays: the CRDs of strimzi.io');
    expect(stdout).not.toContain('istio.io');
    await expectUntouched(isCrd);
    expect((await windlass('down')).stdout).toContain('Nothing to remove.');
  }, 420_000);
});
