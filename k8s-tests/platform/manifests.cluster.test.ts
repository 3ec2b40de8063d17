/** Checks our manifests with third-party tools: the API server, `istioctl analyze` and kube-score. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../cluster/deploy/application.ts';
import { root } from '../../cluster/paths.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import { judge } from './findings.ts';
import { analyzeCluster, analyzeFiles, dryRun, scoreFiles } from './linters.ts';
import { apiServerWaivers, istioctlWaivers, kubeScoreWaivers } from './manifest-waivers.ts';

const NAMESPACES = ['shop', 'partner', 'postgres', 'observability', 'istio-system'];

const folderOf = (environment: string): string => join(root, 'dist', environment);

async function filesOf(environment: string): Promise<readonly string[]> {
  const files = await readdir(folderOf(environment));
  return files.sort().map((file) => join(folderOf(environment), file));
}

beforeAll(() => synthesize());

describe.each(['dev', 'prod'] as const)('the manifests of %s', (environment) => {
  it('are accepted by the API server without a warning', async () => {
    expect(judge(await dryRun(folderOf(environment)), apiServerWaivers)).toEqual([]);
  });

  it('pass istioctl analyze, as files and as if applied', async () => {
    const files = await filesOf(environment);
    expect(judge(await analyzeFiles(files), istioctlWaivers)).toEqual([]);
    expect(judge(await analyzeCluster(NAMESPACES, files), istioctlWaivers)).toEqual([]);
  });
});

it('istioctl analyze finds nothing in the running cluster', async () => {
  expect(judge(await analyzeCluster(NAMESPACES), istioctlWaivers)).toEqual([]);
});

it('istioctl analyze finds a reference to a missing object', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-broken-'));
  const misspelled = join(folder, 'mesh.yaml');
  const mesh = await readFile(join(folderOf('dev'), '40-mesh.yaml'), 'utf8');
  await writeFile(misspelled, mesh.replaceAll('shop/windlass', 'shop/windlas'));
  const others = (await filesOf('dev')).filter((file) => !file.endsWith('40-mesh.yaml'));
  const dangling = expect.objectContaining({
    what: 'IST0101',
    object: expect.stringContaining('VirtualService shop/orders'),
  });
  expect(await analyzeFiles([...others, misspelled])).toContainEqual(dangling);
  expect(await analyzeCluster(NAMESPACES, [misspelled])).toContainEqual(dangling);
  await rm(folder, { recursive: true });
});

describe('kube-score', () => {
  // Its first use on a machine builds it.
  beforeAll(() => tool('kube-score'), 600_000);

  it.each(['dev', 'prod'] as const)('finds nothing in the manifests of %s', async (environment) => {
    expect(judge(await scoreFiles(await filesOf(environment)), kubeScoreWaivers[environment])).toEqual([]);
  });
});
