/**
 * Not every cluster enforces NetworkPolicies (kind does, native's bridge does not). That ours are the topology's arrows is shown
 * beside their source; that they are about pods and ports that really exist can be seen on every cluster.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, expect, it } from 'vitest';
import { networkPolicies } from '../../cdk8s/charts/network-policies.ts';
import { topology } from '../../cdk8s/topology.ts';
import { openCluster } from '../harness/cluster.ts';

const cluster = openCluster();
afterAll(() => cluster.close());

type Labels = Readonly<Record<string, string>>;

const matches = ({ metadata }: V1Pod, namespace: string | undefined, labels: Labels): boolean =>
  metadata?.namespace === namespace &&
  Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value);

const opens = ({ spec }: V1Pod, port: number): boolean =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(({ ports = [] }) =>
    ports.some(({ containerPort }) => containerPort === port),
  );

it('every pod that a NetworkPolicy is about runs here, and the port that it opens for them is one that they open', async () => {
  const { items: pods } = await cluster.core.listPodForAllNamespaces();
  const wrong = networkPolicies(topology).flatMap(({ name, namespace, spec }) => {
    const own = { namespace, labels: spec.podSelector.matchLabels ?? {} };
    const ends = [
      ...(spec.ingress ?? []).flatMap(({ from = [], ports = [] }) => [
        ...from.map((peer) => ({ ...endOf(peer), ports: [] })),
        { ...own, ports },
      ]),
      ...(spec.egress ?? []).flatMap(({ to = [], ports = [] }) => to.map((peer) => ({ ...endOf(peer), ports }))),
    ];
    return ends.flatMap((end) => {
      const selected = pods.filter((pod) => matches(pod, end.namespace, end.labels));
      const numbers = end.ports.map(({ port }) => Number(port?.value));
      const missing = numbers.filter((port) => !selected.every((pod) => opens(pod, port)));
      const of = `${namespace}/${name}: ${JSON.stringify(end.labels)} in ${end.namespace}`;
      return [
        ...(selected.length === 0 ? [`${of} is no pod`] : []),
        ...missing.map((port) => `${of} does not open ${port}`),
      ];
    });
  });
  expect(wrong).toEqual([]);
});

function endOf(peer: { namespaceSelector?: { matchLabels?: Labels }; podSelector?: { matchLabels?: Labels } }) {
  return {
    namespace: peer.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'],
    labels: peer.podSelector?.matchLabels ?? {},
  };
}
