import { App } from 'cdk8s';
import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { exampleTopology } from '../testing/example.ts';
import { QuotasChart } from './quotas.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly hard?: Readonly<Record<string, string | number>> };
}

function quotas(environment: (typeof environments)['dev' | 'prod']) {
  const manifests = new QuotasChart(new App(), 'quotas', exampleTopology, environment).toJson() as Manifest[];
  return Object.fromEntries(
    manifests.flatMap(({ kind, metadata, spec }) =>
      kind === 'ResourceQuota' ? [[metadata.namespace, spec.hard]] : [],
    ),
  );
}

test('a namespace may request twice what a rollout of all of its pods at once requests', () => {
  const { partner } = quotas(environments.dev);
  const { criticalCpuRequestMilli, memoryRequestMi } = environments.dev.service;
  // One partner: a pod and its successor, without a sidecar.
  expect(partner).toMatchObject({
    pods: 4,
    'requests.cpu': `${4 * criticalCpuRequestMilli}m`,
    'requests.memory': `${4 * memoryRequestMi}Mi`,
  });
});

test('the namespace of Kafka has room for its brokers, and more pods have more room', () => {
  const [dev, prod] = [quotas(environments.dev).shop, quotas(environments.prod).shop];
  const memory = (hard: typeof dev) => Number.parseInt(String(hard?.['requests.memory']), 10);
  const { brokers, memoryMi } = environments.prod.kafka;
  expect(memory(prod)).toBeGreaterThan(2 * brokers * memoryMi);
  expect(memory(prod)).toBeGreaterThan(memory(dev));
});

test('no Service of our namespaces opens a port of the nodes or a load balancer', () => {
  for (const hard of Object.values(quotas(environments.prod)))
    expect(hard).toMatchObject({ 'services.nodeports': 0, 'services.loadbalancers': 0 });
});
