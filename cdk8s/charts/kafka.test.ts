import { join } from 'node:path';
import { App, Testing } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { readCrdChecks } from '../testing/crd-schema.ts';
import { topology } from '../topology.ts';
import { KafkaChart } from './kafka.ts';
import { WorkloadsChart } from './workload.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly spec: {
    readonly kafka: { readonly listeners: readonly unknown[]; readonly authorization: unknown };
    readonly template: {
      readonly spec: {
        readonly volumes: readonly { name: string; secret?: { secretName: string; items?: { key: string }[] } }[];
      };
    };
  };
}

const crds = readCrdChecks(join(import.meta.dirname, '../../charts/strimzi/crds'));

describe.each(Object.entries(environments))('in %s', (_, environment) => {
  const manifests: Manifest[] = Testing.synth(new KafkaChart(new App(), 'kafka', topology, environment));

  test("every resource is valid for Strimzi's CRDs", () => {
    for (const manifest of manifests.filter(({ kind }) => kind !== 'ConfigMap'))
      expect(crds.get(`${manifest.apiVersion} ${manifest.kind}`)?.(manifest), manifest.metadata.name).toEqual([]);
  });

  test('the only listener wants a certificate of every client, and what no ACL allows is denied', () => {
    const { listeners, authorization } = manifests.find(({ kind }) => kind === 'Kafka')?.spec.kafka ?? {};
    const listener = { name: 'tls', port: 9093, type: 'internal', tls: true, authentication: { type: 'tls' } };
    expect(listeners).toEqual([expect.objectContaining(listener)]);
    expect(authorization).toEqual({ type: 'simple' });
  });

  test('the listener admits the pods of services that use Kafka, and of commands', () => {
    const [listener] = manifests.find(({ kind }) => kind === 'Kafka')?.spec.kafka.listeners ?? [];
    const peers = (listener as { networkPolicyPeers: { podSelector: { matchLabels?: { app: string } } }[] })
      .networkPolicyPeers;
    expect(peers.map(({ podSelector }) => podSelector.matchLabels?.app ?? 'a command')).toEqual([
      ...['orders-worker', 'fulfillment', 'analytics', 'notifications'],
      'a command',
    ]);
  });

  test('every topic deletes what is past its retention, and no client can make one without', () => {
    const topics = manifests.filter(({ kind }) => kind === 'KafkaTopic');
    expect(topics.map(({ metadata }) => metadata.name)).toEqual(Object.keys(topology.topics));
    for (const { metadata, spec } of topics) {
      const { config } = spec as unknown as { config: Record<string, unknown> };
      expect(config, metadata.name).toMatchObject({
        'retention.ms': expect.any(Number),
        'segment.ms': expect.any(Number),
      });
      // -1 would keep records forever, and compaction the last one of each key.
      expect(config['retention.ms']).toBeGreaterThan(0);
      expect(config['cleanup.policy']).toBeUndefined();
    }
    const kafka = manifests.find(({ kind }) => kind === 'Kafka');
    expect(kafka?.spec.kafka).toMatchObject({ config: { 'auto.create.topics.enable': false } });
  });

  test('Strimzi makes the users, because they name their Kafka', () => {
    const users = manifests.filter(({ kind }) => kind === 'KafkaUser');
    expect(users).toHaveLength(5);
    for (const { metadata } of users) expect(metadata.labels).toEqual({ 'strimzi.io/cluster': 'events' });
  });
});

test('a service that uses Kafka has its own certificate as files, with the authority of brokers and no key of it', () => {
  const manifests: Manifest[] = Testing.synth(new WorkloadsChart(new App(), 'workloads', topology, environments.dev));
  const secretsOf = Object.fromEntries(
    manifests
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata, spec }) => [
        metadata.name,
        spec.template.spec.volumes
          .filter(({ name }) => name.startsWith('kafka-'))
          .map(({ secret }) => `${secret?.secretName}: ${secret?.items?.map(({ key }) => key).join()}`),
      ]),
  );
  const filesOf = (user: string) => [`${user}: user.crt,user.key`, 'events-cluster-ca-cert: ca.crt'];
  expect(secretsOf).toMatchObject({
    ...{ orders: [], inventory: [], payments: [], acquirer: [] },
    ...Object.fromEntries(
      ['orders-worker', 'fulfillment', 'analytics', 'notifications'].map((user) => [user, filesOf(user)]),
    ),
  });
});
