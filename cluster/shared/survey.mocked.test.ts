// cspell:ignore distroless
import { beforeEach, expect, test, vi } from 'vitest';
import { survey } from './survey.ts';

/** What kubectl answers, by its arguments; an empty list otherwise. */
let answers: Readonly<Record<string, unknown>> = {};
vi.mock('../kubernetes/kubectl.ts', () => ({
  kubectl: async (args: readonly string[]) => ({
    exitCode: 0,
    stdout: JSON.stringify(answers[args.join(' ')] ?? { items: [] }),
  }),
}));
beforeEach(() => {
  answers = {};
});

const deployment = (labels: object, container: object) => ({
  metadata: { name: 'one', namespace: 'team', labels },
  spec: { template: { spec: { containers: [container] } } },
});
const withDeployment = (one: object) => ({ 'get deployments -A -o json': { items: [one] } });

async function watchedBy(env: readonly object[]) {
  answers = withDeployment(deployment({}, { image: 'quay.io/strimzi/operator:1.2.0', env }));
  return (await survey()).operators[0]?.watches;
}

test.each([
  [{ value: 'team-a, shop' }, ['team-a', 'shop']],
  [{ value: ' * ' }, ['*']],
  [{ value: '' }, ['*']],
  [{}, ['*']],
  [{ valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }, ['team']],
  [{ valueFrom: { fieldRef: { fieldPath: "metadata.annotations['olm.targetNamespaces']" } } }, ['*']],
])('a Strimzi with STRIMZI_NAMESPACE %j watches %j', async (setting, watches) => {
  expect(await watchedBy([{ name: 'STRIMZI_NAMESPACE', ...setting }])).toEqual(watches);
});

test('a Strimzi without STRIMZI_NAMESPACE watches everything, and another deployment is no Strimzi', async () => {
  expect(await watchedBy([{ name: 'STRIMZI_KAFKA_IMAGES', value: '4.2.0=…' }])).toEqual(['*']);
  expect(await watchedBy([{ name: 'OTHER', value: 'shop' }])).toBeUndefined();
});

test.each([
  'discoverySelectors: [{matchLabels: {a: b}}]\nextensionProviders: [{name: jaeger}, {name: zipkin}]',
  'discoverySelectors:\n- matchLabels: {a: b}\nextensionProviders:\n- name: jaeger\n- name: zipkin',
  '{"discoverySelectors": [{"matchLabels": {"a": "b"}}], "extensionProviders": [{"name": "jaeger"}, {"name": "zipkin"}]}',
])('the mesh config of an istiod is read in any form of YAML: %s', async (mesh) => {
  const istiod = deployment({ app: 'istiod' }, { image: 'docker.io/istio/pilot:1.31.1-distroless@sha256:0a' });
  answers = {
    ...withDeployment(istiod),
    '-n team get configmap istio --ignore-not-found -o json': { data: { mesh } },
  };
  expect((await survey()).controlPlanes).toEqual([
    {
      namespace: 'team',
      revision: 'default',
      version: '1.31.1',
      isSelective: true,
      hasCni: false,
      providers: ['jaeger', 'zipkin'],
    },
  ]);
});

test.each([
  ['{"pilot": {"cni": {"enabled": true}}}', true],
  ['{"pilot": {"cni": {"enabled": false}}}', false],
  ['{"global": {}}', false],
])('an istiod whose injector says %s leaves the redirection to istio-cni: %s', async (values, hasCni) => {
  answers = {
    ...withDeployment(deployment({ app: 'istiod' }, { image: 'pilot:1.31.1' })),
    '-n team get configmap istio-sidecar-injector --ignore-not-found -o json': { data: { values } },
  };
  expect((await survey()).controlPlanes).toMatchObject([{ hasCni }]);
});

test.each(['', 'discoverySelectors: []\naccessLogFile: /dev/stdout'])(
  'a mesh config may select nothing: "%s"',
  async (mesh) => {
    answers = {
      ...withDeployment(deployment({ app: 'istiod' }, { image: 'pilot:1.31.1' })),
      '-n team get configmap istio --ignore-not-found -o json': { data: { mesh } },
    };
    expect((await survey()).controlPlanes).toMatchObject([{ isSelective: false, providers: [] }]);
  },
);

test('a namespace is known with its checkout, and with its deletion', async () => {
  const metadata = { name: 'shop', deletionTimestamp: '2026-11-26T00:00:00Z' };
  answers = { 'get namespaces -o json': { items: [{ metadata }, { metadata: { name: 'other' } }] } };
  expect(Object.fromEntries((await survey()).namespaces)).toEqual({
    shop: { isOurs: false, isEnding: true },
    other: { isOurs: false, isEnding: false },
  });
});
