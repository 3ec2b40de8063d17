/**
 * Tests that our NetworkPolicies select pods and ports that exist. This works even on a cluster that does not enforce
 * NetworkPolicies, such as native. Tests beside their source compare them with the topology.
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

it('every NetworkPolicy selects running pods, and opens only ports that their containers have', async () => {
  const { items: pods } = await cluster.core.listPodForAllNamespaces();
  const wrong = networkPolicies(topology).flatMap(({ name, namespace, spec }) => {
    const own = { namespace, labels: spec.podSelector.matchLabels ?? {} };
    const ends = [
      ...(spec.ingress ?? []).flatMap(({ from = [], ports = [] }) => [
        ...from.map((peer) => ({ ...endOf(peer), ports: [] })),
        { ...own, ports },
      ]),
      ...(spec.egress ?? []).flatMap(({ to = [], ports = [] }) =>
        // An address of the node is no pod.
        to.filter(({ ipBlock }) => ipBlock === undefined).map((peer) => ({ ...endOf(peer), ports })),
      ),
    ];
    return ends.flatMap((end) => {
      const selected = pods.filter((pod) => matches(pod, end.namespace, end.labels));
      const numbers = end.ports.map(({ port }) => Number(port?.value));
      const missing = numbers.filter((port) => !selected.every((pod) => opens(pod, port)));
      const of = `${namespace}/${name}: ${JSON.stringify(end.labels)} in ${end.namespace}`;
      return [
        ...(selected.length === 0 ? [`${of} selects no pod`] : []),
        ...missing.map((port) => `${of} has a pod without port ${port}`),
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
