import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { analyze } from '../../../cdk8s/analysis/analyze.ts';
import { synthesize } from '../../../cdk8s/commands/synthesize.ts';
import { environments } from '../../../cdk8s/environments.ts';
import { planMesh } from '../../../cdk8s/mesh/plan.ts';
import { readManifests } from './manifests.ts';
import { syntheticModel } from './synthetic-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-synthetic-'));
afterAll(() => rmSync(folder, { recursive: true }));

const replicas = Object.values(environments).map((environment) => environment.replicas);

test('the same seed gives the same model, and another seed another model', () => {
  expect(syntheticModel(50)).toEqual(syntheticModel(50));
  expect(syntheticModel(50, 2)).not.toEqual(syntheticModel(50));
});

test.each([10, 50, 500])('%i services are accepted by every rule', (services) => {
  expect(analyze(syntheticModel(services), replicas)).toEqual([]);
});

test('50 services become more than five objects each, one per statement of the model', () => {
  const model = syntheticModel(50);
  const { topology, policies } = model;
  synthesize({ topology, plan: planMesh(model, replicas), environment: environments.prod, outFolder: folder });
  const manifests = readManifests(folder);
  const count = (kind: string) =>
    // Without the mesh's defaults.
    manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.namespace !== 'istio-system').length;

  for (const kind of ['Deployment', 'ServiceAccount', 'Service', 'VirtualService', 'Sidecar']) {
    expect([kind, count(kind)]).toEqual([kind, 50]);
  }
  const dependencies = Object.values(policies);
  expect(dependencies.length).toBeGreaterThan(50);
  expect(count('DestinationRule')).toBe(dependencies.length);
  const filters = manifests.filter(
    ({ kind, metadata }) =>
      kind === 'EnvoyFilter' && metadata.namespace === 'shop' && metadata.name.endsWith('-ejection'),
  );
  expect(filters).toHaveLength(dependencies.filter(({ breaker }) => breaker.kind !== 'none').length);
  expect(count('KafkaTopic')).toBe(Object.keys(topology.topics).length);
});
