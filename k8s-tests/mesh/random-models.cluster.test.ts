import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { synthesize } from '../../cdk8s/commands/synthesize.ts';
import { environments } from '../../cdk8s/environments.ts';
import { planMesh } from '../../cdk8s/mesh/plan.ts';
import { soundModel } from '../../cdk8s/testing/random/sound-model.ts';
import { type Manifest, readManifests } from '../../cdk8s/testing/read-manifests.ts';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { kubeconfigPath } from '../../cluster/state.ts';

const MODELS = 20;
/** Istio's and Strimzi's kinds have their own schemas, CEL rules and webhook. No other kind depends on the policies. */
const GROUPS = /\.(istio|strimzi)\.io\//;
/**
 * Only an EnvoyFilter can express some of a breaker's numbers, and istiod warns about every EnvoyFilter. That the policy of
 * customers also denies TCP is meant: the gateway serves none, and a policy for stated ports would open any other one.
 */
const EXPECTED_WARNING =
  /^Warning: (EnvoyFilter exposes internal implementation details|configured AuthorizationPolicy will deny all traffic to TCP ports).*$/gm;

/** The seed of the first model; each further model has the next number. */
const seed = Number(process.env.RANDOM_MODELS_SEED ?? Date.now() % 2 ** 31);
const outFolder = mkdtempSync(join(tmpdir(), 'windlass-random-'));
afterAll(() => rmSync(outFolder, { recursive: true }));

/** Models whose objects do not collide: each model's names have their own prefix. */
function drawModels() {
  return Array.from({ length: MODELS }, (_, index) => {
    const models = soundModel({ prefix: `m${index}-`, namespace: 'shop' });
    const [model] = fc.sample(models, { numRuns: 1, seed: seed + index });
    if (!model) throw new Error('no model was drawn');
    return model;
  });
}

/** Objects that all models share, such as the gateway, appear once. */
function synthesizeAll(): Manifest[] {
  const manifests = drawModels().flatMap(({ model, replicas }) => {
    const plan = planMesh(model, replicas);
    synthesize({ topology: model.topology, plan, environment: environments.dev, outFolder });
    return readManifests(outFolder);
  });
  const ours = manifests.filter(({ apiVersion }) => GROUPS.test(apiVersion));
  return [...new Map(ours.map((manifest) => [idOf(manifest), manifest])).values()];
}

function idOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} ${namespace}/${name}`;
}

/** Asks the API server, and through its webhook istiod, without applying anything. */
async function dryRun(manifests: readonly object[]) {
  const flags = ['--server-side', '--force-conflicts', '--field-manager=random-models', '--dry-run=server'];
  const { stdout, stderr, exitCode } = await execa(programPath('kubectl'), ['apply', ...flags, '-f', '-'], {
    input: manifests.map((manifest) => stringify(manifest)).join('---\n'),
    env: { KUBECONFIG: kubeconfigPath() },
    reject: false,
  });
  const accepted = stdout.match(/ serverside-applied \(server dry run\)$/gm)?.length ?? 0;
  return { accepted, exitCode, complaints: stderr.replaceAll(EXPECTED_WARNING, '').trim() };
}

it('neither the API server nor istiod rejects the manifests of random models', async () => {
  console.log(`RANDOM_MODELS_SEED=${seed} draws these models again`);
  const manifests = synthesizeAll();
  expect(manifests.length).toBeGreaterThan(5 * MODELS);
  expect(await dryRun(manifests)).toEqual({ accepted: manifests.length, exitCode: 0, complaints: '' });
});

it('the dry run asks istiod as well: it rejects an object that every schema accepts', async () => {
  const retries = { attempts: 0, perTryTimeout: '1s' };
  const route = [{ destination: { host: 'x' } }];
  const wrong = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'random-models-wrong', namespace: 'shop' },
    spec: { hosts: ['x'], http: [{ route, retries }] },
  };
  const { accepted, complaints } = await dryRun([wrong]);
  expect(accepted).toBe(0);
  expect(complaints).toContain('http retry policy configured when attempts are set to 0');
});
