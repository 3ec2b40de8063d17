import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { CODE_FOLDER } from '../../cdk8s/charts/live-code.ts';
import { synthesize } from '../../cdk8s/commands/synthesize.ts';
import { environments } from '../../cdk8s/environments.ts';
import { planMesh } from '../../cdk8s/mesh/plan.ts';
import { limits, policies } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { type Manifest, readManifests } from '../../cdk8s/testing/read-manifests.ts';
import { topology } from '../../cdk8s/topology.ts';

const root = join(import.meta.dirname, '../..');

/** The part of skaffold/v4beta13 that skaffold.yaml uses. Like skaffold, it rejects unknown keys. */
const schema = z.strictObject({
  apiVersion: z.literal('skaffold/v4beta13'),
  kind: z.literal('Config'),
  metadata: z.strictObject({ name: z.string() }),
  build: z.strictObject({
    local: z.strictObject({ push: z.boolean() }),
    artifacts: z.array(
      z.strictObject({
        image: z.string(),
        context: z.string(),
        custom: z.strictObject({
          buildCommand: z.string(),
          dependencies: z.strictObject({ dockerfile: z.strictObject({ path: z.string() }) }),
        }),
        hooks: z.strictObject({ before: z.array(z.strictObject({ command: z.array(z.string()).min(1) })) }),
        sync: z.strictObject({ manual: z.array(z.strictObject({ src: z.string(), dest: z.string() })) }),
      }),
    ),
  }),
  manifests: z.strictObject({ rawYaml: z.array(z.string()) }),
  resourceSelector: z.strictObject({
    deny: z.array(z.strictObject({ groupKind: z.string(), labels: z.array(z.string()) })),
  }),
  deploy: z.strictObject({
    kubectl: z.strictObject({ flags: z.strictObject({ apply: z.array(z.string()) }) }),
  }),
  portForward: z.array(
    z.strictObject({
      resourceType: z.literal('service'),
      resourceName: z.string(),
      namespace: z.string(),
      port: z.int().positive(),
      localPort: z.int().positive(),
    }),
  ),
});

const skaffold = schema.parse(parse(readFileSync(join(root, 'skaffold.yaml'), 'utf8')));
const [artifact, ...others] = skaffold.build.artifacts;

test('the one image that is built is the one that the manifests run', () => {
  expect(others).toEqual([]);
  expect(environments.sync.image.split(':')[0]).toBe(artifact?.image);
  expect(existsSync(join(root, artifact?.custom.dependencies.dockerfile.path ?? ''))).toBe(true);
});

test('the image is built by the same command as in make up', () => {
  expect(artifact?.custom.buildCommand).toBe('npm run --silent cluster -- build-image "$IMAGE"');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { cluster: string } };
  expect(existsSync(join(root, scripts.cluster.replace('node ', '')))).toBe(true);
});

test('skaffold deploys what the hook synthesizes: the environment with live code', () => {
  expect(artifact?.hooks.before).toEqual([{ command: ['npm', 'run', '--silent', 'synth', '--', '--env', 'sync'] }]);
  expect(skaffold.manifests.rawYaml).toEqual(['dist/sync/*.yaml']);
  expect(environments.sync.fileSync).toBe(true);
});

/** The kinds of skaffold's `TransformAllowlist` that we could have. Skaffold labels all their objects. */
const LABELED = [
  'Pod',
  'Service',
  ...['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'].map((kind) => `${kind}.apps`),
  ...['CronJob', 'Job'].map((kind) => `${kind}.batch`),
  ...['Kafka', 'KafkaConnect'].map((kind) => `${kind}.kafka.strimzi.io`),
];

/** An object's kind as skaffold writes it: `Service`, `Deployment.apps`. */
function groupKindOf({ apiVersion, kind }: Manifest): string {
  return apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0]}` : kind;
}

function deployedKinds(): string[] {
  const outFolder = mkdtempSync(join(tmpdir(), 'windlass-skaffold-'));
  try {
    const plan = planMesh({ topology, policies, limits, saga }, [environments.sync.replicas]);
    synthesize({ topology, plan, environment: environments.sync, outFolder });
    return [...new Set(readManifests(outFolder).map(groupKindOf))];
  } finally {
    rmSync(outFolder, { recursive: true });
  }
}

test('a new run of skaffold labels the services and nothing else: the broker is not replaced', () => {
  const kinds = deployedKinds();
  const denied = skaffold.resourceSelector.deny;
  expect(denied.map(({ labels }) => labels)).toEqual(denied.map(() => ['.*']));
  const deniedKinds = denied.map(({ groupKind }) => groupKind);
  expect(kinds).toEqual(expect.arrayContaining(deniedKinds));
  const labeled = kinds.filter((kind) => LABELED.includes(kind) && !deniedKinds.includes(kind));
  expect(labeled.sort()).toEqual(['Deployment.apps', 'Service']);
});

test('a changed package.json matches no sync rule and makes a new image', () => {
  const synced = artifact?.sync.manual.map(({ src }) => src) ?? [];
  expect(synced.some((pattern) => matchesGlob('services/orders/new.ts', pattern))).toBe(true);
  for (const file of ['package.json', 'package-lock.json', 'services/Dockerfile'])
    expect(synced.filter((pattern) => matchesGlob(file, pattern))).toEqual([]);
});

test('an edited file lands in the folder that is writable and watched', () => {
  expect(artifact?.sync.manual).toEqual([{ src: 'services/**/*.ts', dest: '/app' }]);
  // Skaffold keeps a file's path below the context, so a file of services/ goes to <dest>/services/.
  expect(join('/app', 'services')).toBe(CODE_FOLDER);
});
