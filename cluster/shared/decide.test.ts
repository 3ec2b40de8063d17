import { describe, expect, test } from 'vitest';
import type { Manifest } from './adapt-manifests.ts';
import { decide } from './decide.ts';
import type { Istiod, Survey } from './survey.ts';

const nothing: Survey = { namespaces: new Map(), controlPlanes: [], operators: [], crds: new Map(), denied: [] };
const kafka: Manifest = {
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'Kafka',
  metadata: { name: 'events', namespace: 'shop' },
};
const istiod: Istiod = {
  namespace: 'mesh',
  revision: 'default',
  version: '1.31.2',
  isSelective: false,
  hasCni: false,
  providers: [],
};
const on = (facts: Partial<Survey>) => decide({ ...nothing, ...facts }, [kafka], 'windlass-1');
const of = (isOurs: boolean, ...names: string[]) => new Map(names.map((name) => [name, { isOurs, isEnding: false }]));

test('an empty cluster gets an Istio and a Strimzi, and the plan says so', () => {
  const { mesh, strimzi, plan, problems } = on({});
  expect({ mesh, strimzi, problems }).toEqual({
    mesh: { kind: 'own', hasCni: false },
    strimzi: { kind: 'install', withGlobals: true },
    problems: [],
  });
  // Their nodes' network is not ours to change.
  expect(plan.join('\n')).toContain('Pod Security limits nothing in shop');
  expect(plan.join('\n')).toMatch(/namespaces istio-system, .*shop.*\n.*installs Istio in istio-system/);
});

test('what this checkout has installed before is no reason to refuse, and no mesh of others', () => {
  const own = { ...istiod, namespace: 'istio-system' };
  const facts = on({ namespaces: of(true, 'istio-system', 'shop', 'postgres'), controlPlanes: [own] });
  expect(facts).toMatchObject({ mesh: { kind: 'own' }, problems: [] });
});

describe('the Istio of others', () => {
  test('is used, and nothing is installed into it or its namespace', () => {
    const { mesh, plan, problems } = on({ controlPlanes: [istiod], namespaces: of(false, 'mesh', 'team-a') });
    expect(mesh).toMatchObject({ kind: 'shared', namespace: 'mesh', revision: 'default', version: '1.31.2' });
    expect(problems).toEqual([]);
    expect(plan.join('\n')).toContain('uses the Istio 1.31.2 in mesh (revision default)');
    expect(plan.join('\n')).toContain('accepts that traces lack the spans of proxies');
  });

  test('is the one that fits if there are several, the default one first', () => {
    const old = { ...istiod, version: '1.20.3' };
    const canary = { ...istiod, revision: 'canary', version: '1.32-dev' };
    expect(on({ controlPlanes: [old, canary] }).mesh).toMatchObject({ revision: 'canary' });
    expect(on({ controlPlanes: [canary, istiod] }).mesh).toMatchObject({ revision: 'default' });
  });

  test.each(['1.30.5', '1.3.1', '1.310.0', '2.31.1', '1.33.0', ''])('is refused if its version is "%s"', (version) => {
    const { problems } = on({ controlPlanes: [{ ...istiod, version }] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/the Istio in mesh .* Windlass needs 1\.31 or 1\.32/);
  });

  test('is refused if it serves selected namespaces only', () =>
    expect(on({ controlPlanes: [{ ...istiod, isSelective: true }] }).problems[0]).toContain('discoverySelectors'));

  test('is missed if only its CRDs are there, except for those that our own release has left', () => {
    const crds = (release: string) => new Map([['gateways.networking.istio.io', { versions: ['v1'], release }]]);
    expect(on({ crds: crds('/') }).problems[0]).toContain('gateways.networking.istio.io');
    expect(on({ crds: crds('team-mesh/istio-base') }).problems[0]).toContain('gateways.networking.istio.io');
    expect(on({ crds: crds('istio-system/istio-base') }).problems).toEqual([]);
  });
});

test('a namespace of others is refused, each with the way to lend it', () => {
  const { problems } = on({ namespaces: of(false, 'shop', 'observability', 'team-a') });
  expect(problems).toHaveLength(2);
  expect(problems.join('\n')).toContain('kubectl label namespace shop windlass.dev/checkout=windlass-1');
});

test.each([true, false])(
  'a namespace that is being deleted is refused with the command that waits for it, ours (%s) or not',
  (isOurs) => {
    const { problems } = on({ namespaces: new Map([['shop', { isOurs, isEnding: true }]]) });
    expect(problems).toEqual([expect.stringContaining('kubectl wait --for=delete namespace/shop')]);
  },
);

describe('the Strimzi of others', () => {
  const operator = { namespace: 'kafka', version: '1.2.0', watches: ['*'] };

  test('is used if it watches shop', () => {
    expect(on({ operators: [operator] }).strimzi).toEqual({ kind: 'use' });
    expect(on({ operators: [{ ...operator, watches: ['team-a', 'shop'] }] }).strimzi).toEqual({ kind: 'use' });
  });

  test('is left alone if it watches other namespaces, and keeps its cluster-wide roles', () =>
    expect(on({ operators: [{ ...operator, watches: ['kafka'] }] }).strimzi).toEqual({
      kind: 'install',
      withGlobals: false,
    }));

  test('is refused if it watches shop with another version', () =>
    expect(on({ operators: [{ ...operator, version: '0.45.0' }] }).problems[0]).toContain('Windlass needs 1.2'));
});

test('CRDs that do not serve the version of the manifests are refused', () => {
  const crds = (...versions: string[]) => new Map([['kafkas.kafka.strimzi.io', { versions, release: '/' }]]);
  expect(on({ crds: crds('v1beta2') }).problems).toEqual([
    'the CRD kafkas.kafka.strimzi.io serves v1beta2, and the manifests need v1. Upgrade its CRDs',
  ]);
  expect(on({ crds: crds('v1beta2', 'v1') }).problems).toEqual([]);
});

test('all that is wrong is said at once: missing rights, too', () => {
  const { problems } = on({
    namespaces: of(false, 'shop'),
    denied: ['create namespaces'],
    controlPlanes: [{ ...istiod, version: '1.9.0' }],
  });
  expect(problems).toHaveLength(3);
  expect(problems.at(-1)).toContain('kubectl auth can-i create namespaces');
});
