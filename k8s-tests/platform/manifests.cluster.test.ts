/** Checks our manifests and charts with third-party tools: the API server, `istioctl analyze`, kube-score and checkov. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../cluster/deploy/application.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import { type Finding, judge } from './findings.ts';
import { analyzeCluster, analyzeFiles, checkFolder, dryRun, scoreFiles } from './linters.ts';
import { waivers } from './manifest-waivers.ts';
import { filesOf, writeManifests } from './rendered-manifests.ts';

const NAMESPACES = ['shop', 'partner', 'postgres', 'observability', 'istio-system'];

let folder: string;
beforeAll(async () => {
  await synthesize();
  folder = await writeManifests();
});
afterAll(() => rm(folder, { recursive: true }));

it('the API server accepts the manifests of dev and prod without a warning', async () => {
  const dev = await dryRun(join(folder, 'dev'));
  const prod = await dryRun(join(folder, 'prod'));
  expect(judge([...dev, ...prod], waivers['API server'])).toEqual([]);
});

it.each(['dev', 'prod'] as const)(
  'the manifests of %s pass istioctl analyze, as files together with the charts, and as if applied',
  async (environment) => {
    const files = await filesOf(folder, environment);
    const charts = await filesOf(folder, 'charts');
    expect(judge(await analyzeFiles([...files, ...charts]), waivers.istioctl)).toEqual([]);
    expect(judge(await analyzeCluster(NAMESPACES, files), waivers.istioctlInCluster)).toEqual([]);
  },
);

it('istioctl analyze finds nothing in the running cluster', async () => {
  expect(judge(await analyzeCluster(NAMESPACES), waivers.istioctlInCluster)).toEqual([]);
});

it('istioctl analyze finds a reference to a missing object', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'windlass-broken-'));
  const misspelled = join(broken, 'mesh.yaml');
  const files = await filesOf(folder, 'dev');
  const mesh = await readFile(files.find((file) => file.endsWith('40-mesh.yaml')) ?? '', 'utf8');
  await writeFile(misspelled, mesh.replaceAll('shop/windlass', 'shop/windlas'));
  const others = files.filter((file) => !file.endsWith('40-mesh.yaml'));
  const dangling = expect.objectContaining({
    what: 'IST0101',
    object: expect.stringContaining('VirtualService shop/orders'),
  });
  expect(await analyzeFiles([...others, misspelled])).toContainEqual(dangling);
  expect(await analyzeCluster(NAMESPACES, [misspelled])).toContainEqual(dangling);
  await rm(broken, { recursive: true });
});

it('kube-score finds nothing in the manifests of dev and prod with the charts', { timeout: 600_000 }, async () => {
  // Together, because the policies of one select the pods of the other.
  const charts = await filesOf(folder, 'charts');
  const dev = await scoreFiles([...(await filesOf(folder, 'dev')), ...charts]);
  const prod = await scoreFiles([...(await filesOf(folder, 'prod')), ...charts]);
  expect(judge([...dev, ...prod], waivers['kube-score'])).toEqual([]);
});

describe('checkov', () => {
  let findings: readonly Finding[];
  // Its first use on a machine downloads it. It runs once, because most of its time is its start.
  beforeAll(async () => {
    await tool('checkov');
    const workloads = await readFile(join(folder, 'dev/60-workloads.yaml'), 'utf8');
    await mkdir(join(folder, 'broken'));
    await writeFile(
      join(folder, 'broken/workloads.yaml'),
      workloads.replaceAll('allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true'),
    );
    findings = await checkFolder(folder);
  }, 600_000);

  it('finds nothing in the manifests of dev and prod and in the charts', () => {
    const ofManifests = findings.filter(({ object }) => !object.startsWith('broken '));
    expect(judge(ofManifests, waivers.checkov)).toEqual([]);
  });

  it('finds a container that may become root', () => {
    expect(findings).toContainEqual({
      what: expect.stringContaining('CKV_K8S_20: '),
      object: 'broken Deployment shop/orders',
    });
  });
});
