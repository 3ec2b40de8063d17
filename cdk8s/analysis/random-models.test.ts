import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { synthesize } from '../commands/synthesize.ts';
import { environments } from '../environments.ts';
import { planMesh } from '../mesh/plan.ts';
import { SynthesisRejected } from '../model/problem.ts';
import { readCrdChecks } from '../testing/crd-schema.ts';
import { dependencyPolicy, exampleTopology, retried } from '../testing/example.ts';
import { bentModel } from '../testing/random/bent-model.ts';
import { type RandomModel, soundModel } from '../testing/random/sound-model.ts';
import { type Manifest, readManifests } from '../testing/read-manifests.ts';

const outFolder = mkdtempSync(join(tmpdir(), 'windlass-random-'));
afterAll(() => rmSync(outFolder, { recursive: true }));
/** Without shrinking, which takes minutes for models that are drawn in parts. The seed repeats the failure anyway. */
const RUN = { endOnFailure: true } as const;
const crdChecks = readCrdChecks(join(import.meta.dirname, '../../charts/strimzi/crds'));

/** The manifests, or why there are none. Any other error is a crash, and fails the test. */
function synthesizeOrReject({ model, replicas }: RandomModel): Manifest[] | SynthesisRejected {
  try {
    const plan = planMesh(model, replicas);
    const environment = { ...environments.dev, replicas: replicas[0] ?? { each: 1 } };
    synthesize({ topology: model.topology, plan, environment, outFolder });
    return readManifests(outFolder);
  } catch (error) {
    if (error instanceof SynthesisRejected) return error;
    throw error;
  }
}

function expectRejection({ problems, message }: SynthesisRejected): void {
  expect(problems.length).toBeGreaterThan(0);
  for (const { subject, value, rule, message: right } of problems) {
    expect(rule).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(message).toContain(`  ${subject}  ${value}  [${rule}]\n    ${right}`);
    expect(right).toMatch(/\S.*\.$/s);
  }
}

/**
 * Checks what the API server requires of any object, and what Strimzi's schemas require. Istio's requirements are
 * checked on a cluster: k8s-tests/mesh/random-models.cluster.test.ts.
 */
function expectManifests(manifests: readonly Manifest[]): void {
  const ids = manifests.map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace}/${name}`);
  expect(ids).toEqual([...new Set(ids)]);
  for (const manifest of manifests) {
    expect(manifest.metadata.name).toMatch(
      /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    );
    const check = crdChecks.get(`${manifest.apiVersion} ${manifest.kind}`);
    expect(check?.(manifest) ?? []).toEqual([]);
  }
  expect(manifests.filter(({ kind }) => kind === 'Kafka')).toHaveLength(1);
}

describe('any model', { timeout: 120_000 }, () => {
  test('that is sound becomes valid manifests', () => {
    fc.assert(
      fc.property(soundModel(), (random) => {
        const outcome = synthesizeOrReject(random);
        if (outcome instanceof SynthesisRejected) throw outcome;
        expectManifests(outcome);
      }),
      { ...RUN, numRuns: 20 },
    );
  });

  test('that is not sound is rejected with its problems, and causes no crash', () => {
    let rejected = 0;
    fc.assert(
      fc.property(bentModel, (random) => {
        const outcome = synthesizeOrReject(random);
        if (!(outcome instanceof SynthesisRejected)) return expectManifests(outcome);
        rejected += 1;
        expectRejection(outcome);
      }),
      { ...RUN, numRuns: 100 },
    );
    expect(rejected).toBeGreaterThan(20);
  });

  test('whose calls go in rings is rejected, and the analysis ends', () => {
    const names = ['s0', 's1', 's2', 's3'];
    const [, ask] = exampleTopology.interactions;
    const pairs = names.flatMap((caller) => names.map((callee) => ({ caller, callee })));
    const callsOfEach = fc.tuple(...names.map(() => fc.array(fc.constantFrom(...names), { maxLength: 6 })));
    fc.assert(
      fc.property(callsOfEach, (calls) => {
        const interactions = pairs.map(({ caller, callee }) => {
          const next = calls[names.indexOf(callee)] ?? [];
          return {
            ...ask,
            caller,
            callee,
            rpcs: { Ask: { ...ask.rpcs.Ask, calls: next.map((name) => `${name}.Ask`) } },
          };
        });
        const services = Object.fromEntries(names.map((name) => [name, exampleTopology.services.b]));
        const policies = Object.fromEntries(
          pairs.map(({ caller, callee }) => [`${caller}->${callee}`, dependencyPolicy({ Ask: retried })]),
        );
        const model = {
          topology: { services, topics: {}, deduplicationDays: 9, recordRetentionDays: 400, interactions },
          policies,
          limits: { worstCaseCalls: 243, sustainedCalls: 5 },
        };
        const outcome = synthesizeOrReject({ model, replicas: [{ each: 1 }] });
        const rules = outcome instanceof SynthesisRejected ? outcome.problems.map(({ rule }) => rule) : [];
        expect(rules.includes('no-call-cycle')).toBe(
          hasRing(calls.map((next) => next.map((name) => names.indexOf(name)))),
        );
        const ofRings = ['no-call-cycle', 'amplification', 'rate-fits-callers'];
        expect(rules.filter((rule) => !ofRings.includes(rule))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** Whether any service reaches itself, by following all calls from each one. Slow, but independent of the analysis. */
function hasRing(calls: readonly (readonly number[])[]): boolean {
  return calls.some((next, start) => {
    const reached = new Set(next);
    for (const at of reached) for (const further of calls[at] ?? []) reached.add(further);
    return reached.has(start);
  });
}
