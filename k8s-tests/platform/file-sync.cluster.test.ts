import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { V1Deployment, V1PodSpec } from '@kubernetes/client-node';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { synthesize } from '../../cluster/deploy/application.ts';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { root } from '../../cluster/paths.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import { openCluster } from '../harness/cluster.ts';
import { consistently, eventually } from '../harness/eventually.ts';
import { kubectl } from '../harness/kubectl.ts';
import { useNetworkOf } from '../harness/open-network.ts';

const cluster = openCluster();
const namespace = 'partner';
const container = 'acquirer';
/** The pod's name and its label. The label is not acquirer's, so no Service routes requests to the pod. */
const pod = 'file-sync';
useNetworkOf('acquirer', pod);

/** The pod of acquirer as skaffold would deploy it. */
async function podSpec(): Promise<V1PodSpec> {
  await synthesize();
  const text = await readFile(join(root, 'dist/sync/60-workloads.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as V1Deployment);
  const wanted = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata?.name === 'acquirer');
  const running = await cluster.apps.readNamespacedDeployment({ name: 'acquirer', namespace });
  const image = running.spec?.template.spec?.containers[0]?.image;
  const spec = wanted?.spec?.template.spec;
  if (spec === undefined || image === undefined) throw new Error('no deployment of acquirer');
  return JSON.parse(JSON.stringify(spec).replaceAll('"windlass/services:dev"', JSON.stringify(image)));
}

beforeAll(async () => {
  const body = { metadata: { name: pod, labels: { app: pod } }, spec: await podSpec() };
  await cluster.core.createNamespacedPod({ namespace, body });
  await kubectl('-n', namespace, 'wait', `pod/${pod}`, '--for=condition=Ready', '--timeout=90s');
});
afterAll(async () => {
  await kubectl('-n', namespace, 'delete', 'pod', pod, '--grace-period=1');
  cluster.close();
});

/** A file below services/ and its new text. */
type Files = Readonly<Record<string, string>>;

const main = 'acquirer/main.ts';
const routes = 'acquirer/routes.ts';
const sourceOf = (file: string): Promise<string> => readFile(join(root, 'services', file), 'utf8');
const inPod = (file: string): string => `/app/services/${file}`;

async function exec(command: readonly string[], input = Readable.from([])): Promise<string> {
  const args = ['-n', namespace, 'exec', '-i', pod, '-c', container, '--', ...command];
  const { stdout } = await execa(programPath('kubectl'), args, { env: { KUBECONFIG: kubeconfigPath() }, input });
  return stdout;
}

/** Copies files as skaffold copies added and modified ones: pkg/skaffold/sync/kubectl.go. */
async function copy(files: Files): Promise<void> {
  const archive = pack();
  for (const [file, text] of Object.entries(files)) archive.entry({ name: inPod(file) }, text);
  archive.finalize();
  await exec(['tar', 'xmf', '-', '-C', '/', '--no-same-owner'], Readable.from(archive));
}

/** Removes files as skaffold removes deleted ones. */
async function remove(...files: readonly string[]): Promise<void> {
  await exec(['rm', '-rf', '--', ...files.map(inPod)]);
}

/** The length of the log of earlier tests. */
let logStart = 0;
const readLog = async (): Promise<string> =>
  (await cluster.core.readNamespacedPodLog({ name: pod, namespace, container })).slice(logStart);
const seen = (text: string): Promise<void> =>
  eventually(async () => expect(await readLog()).toContain(text), { intervalMs: 300 });

/** Copies files, one of which logs `text` when it runs, and waits until the log contains it. */
async function expectSeen(files: Files, text: string): Promise<void> {
  const startedAt = performance.now();
  await copy(files);
  await seen(text);
  console.log(`${text}: seen ${((performance.now() - startedAt) / 1_000).toFixed(1)} s after the edit`);
}

const saying = (text: string, source = ''): string => `${source}\nconsole.log(${JSON.stringify(text)});\n`;
const restarts = async (): Promise<number> =>
  (await readLog()).split('\n').filter((l) => l.startsWith('Restarting ')).length;

async function expectServing(): Promise<void> {
  const script = `fetch('http://127.0.0.1:9901/readyz').then(({ status }) => console.log(status), console.log)`;
  await eventually(async () => expect(await exec(['node', '-e', script])).toBe('200'), { intervalMs: 500 });
}

it('the image has GNU tar, which reads TAR_OPTIONS; the tar of busybox does not', async () => {
  expect(await exec(['tar', '--version'])).toMatch(/^tar \(GNU tar\)/);
});

describe('a service whose files are synced as by skaffold', () => {
  // Each test begins with the code of the checkout, in a process that serves.
  beforeEach(async () => {
    const text = `the checkout's code, ${performance.now()}`;
    await expectSeen({ [routes]: await sourceOf(routes), [main]: saying(text, await sourceOf(main)) }, text);
    await expectServing();
    logStart += (await readLog()).length;
  });
  afterEach(async () => {
    const { status } = await cluster.core.readNamespacedPod({ namespace, name: pod });
    expect(status?.containerStatuses?.[0]?.restartCount, 'the process was restarted, not the container').toBe(0);
  });

  it('sees each of four edits of one file', async () => {
    const source = await sourceOf(main);
    for (const edit of ['edit 1', 'edit 2', 'edit 3', 'edit 4'])
      await expectSeen({ [main]: saying(edit, source) }, edit);
    await expectServing();
  });

  it('sees an edit of shared code, and of main.ts, which selects the service', async () => {
    const shared = ['lib/observability/log.ts', 'contracts/payment-tokens.ts', 'main.ts'];
    for (const file of shared) {
      const edit = `edit of ${file}`;
      await expectSeen({ [file]: saying(edit, await sourceOf(file)) }, edit);
      await copy({ [file]: await sourceOf(file) });
    }
    await expectServing();
  });

  it('exits if a file is deleted, starts again when the file returns, and sees its next edit', async () => {
    const source = await sourceOf(routes);
    await remove(routes);
    await seen('ERR_MODULE_NOT_FOUND');
    await expectSeen({ [routes]: saying('it is back', source) }, 'it is back');
    await expectServing();
    await expectSeen({ [routes]: saying('edited after it came back', source) }, 'edited after it came back');
  });

  it('sees a new file in a new folder, and an edit of it', async () => {
    const file = 'acquirer/later/new.ts';
    const importing = `import './later/new.ts';\n${await sourceOf(main)}`;
    await expectSeen({ [file]: saying('a new file'), [main]: importing }, 'a new file');
    await expectSeen({ [file]: saying('the new file, edited') }, 'the new file, edited');
    await expectServing();
  });

  it('exits on a syntax error, and sees its repair', async () => {
    const source = await sourceOf(main);
    await copy({ [main]: `${source}\nconst = ;\n` });
    await seen('SyntaxError');
    await expectSeen({ [main]: saying('repaired', source) }, 'repaired');
    await expectServing();
  });

  it("is not restarted by an edit in another service's folder", async () => {
    const before = await restarts();
    await copy({ 'orders/main.ts': saying('of another service', await sourceOf('orders/main.ts')) });
    await consistently(async () => expect(await restarts()).toBe(before), { durationMs: 4_000, intervalMs: 500 });
  });
});
