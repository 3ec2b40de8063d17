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
import { kubeconfigPath } from '../harness/environment.ts';

const MODELS = 20;
/** Istio's and Strimzi's kinds have schemas, CEL rules and a webhook of their own; what else there is does not depend on policies. */
const GROUPS = /\.(istio|strimzi)\.io\//;
/** The only words for some of a breaker's numbers are an EnvoyFilter's, and istiod warns of every one. */
const EXPECTED_WARNING = /^Warning: EnvoyFilter exposes internal implementation details.*$/gm;

/** Of the first model; each further one has the next. */
const seed = Number(process.env.RANDOM_MODELS_SEED ?? Date.now() % 2 ** 31);
const outFolder = mkdtempSync(join(tmpdir(), 'windlass-random-'));
afterAll(() => rmSync(outFolder, { recursive: true }));

/** Models whose objects can be told apart, as none of their names begins like another one's. */
function drawModels() {
  return Array.from({ length: MODELS }, (_, index) => {
    const models = soundModel({ prefix: `m${index}-`, namespace: 'shop' });
    const [model] = fc.sample(models, { numRuns: 1, seed: seed + index });
    if (!model) throw new Error('no model was drawn');
    return model;
  });
}

/** Of what all models have, such as the gateway, one is left. */
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

it('neither the API server nor istiod refuses what becomes of random models', async () => {
  console.log(`RANDOM_MODELS_SEED=${seed} draws these models again`);
  const manifests = synthesizeAll();
  expect(manifests.length).toBeGreaterThan(5 * MODELS);
  expect(await dryRun(manifests)).toEqual({ accepted: manifests.length, exitCode: 0, complaints: '' });
});

it('istiod is asked, too: it refuses what no schema forbids', async () => {
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
