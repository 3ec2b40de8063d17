import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { V1Deployment, V1PodSpec } from '@kubernetes/client-node';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { programPath } from './cluster/kubernetes-tools.ts';
import { root } from './cluster/paths.ts';
import { kubeconfigPath } from './harness/environment.ts';
import { eventually } from './harness/eventually.ts';
import { kubectl } from './harness/kubectl.ts';
import { useCluster } from './harness/use-cluster.ts';

const { cluster } = useCluster();
const namespace = 'partner';
const pod = 'file-sync';
const log = () => kubectl('-n', namespace, 'logs', pod, '-c', 'acquirer');

/** The pod of acquirer as skaffold would deploy it; without labels, so that no Service sends it requests. */
async function podSpec(): Promise<V1PodSpec> {
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
  const body = { metadata: { name: pod }, spec: await podSpec() };
  await cluster.core.createNamespacedPod({ namespace, body });
  await kubectl('-n', namespace, 'wait', `pod/${pod}`, '--for=condition=Ready', '--timeout=90s');
});
afterAll(() => kubectl('-n', namespace, 'delete', 'pod', pod, '--grace-period=1'));

it('a file that is synced as skaffold does it restarts the service in its pod, whose root file system is read-only', async () => {
  const source = await readFile(join(root, 'services/acquirer/main.ts'), 'utf8');
  const archive = pack();
  archive.entry({ name: 'app/services/acquirer/main.ts' }, `${source}\nconsole.log('this is the edited one');\n`);
  archive.finalize();
  const untar = ['tar', 'xmf', '-', '-C', '/', '--no-same-owner'];
  await execa(programPath('kubectl'), ['-n', namespace, 'exec', '-i', pod, '-c', 'acquirer', '--', ...untar], {
    env: { KUBECONFIG: kubeconfigPath() },
    input: Readable.from(archive),
  });

  await eventually(async () => expect(await log()).toContain('this is the edited one'));
  const { status } = await cluster.core.readNamespacedPod({ namespace, name: pod });
  expect(status?.containerStatuses?.[0]?.restartCount, 'the process was restarted, not the pod').toBe(0);
});
