import type { V1ConfigMap, V1PodTemplateSpec, V1Service, V1StatefulSet } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka } from '../resources.ts';
import { aKafka, aPool, mutualTls } from '../testing.ts';
import { readMetricsConfig } from './metrics.ts';
import { brokerObjects } from './objects.ts';

type Args = {
  kafka?: ReturnType<typeof aKafka>;
  pool?: ReturnType<typeof aPool>;
  certificates?: string[];
  metrics?: string;
};
const objects = ({ kafka = aKafka(), pool = aPool(), certificates = [], metrics }: Args = {}) =>
  brokerObjects(kafka, pool, { clusterId: 'id-1', image: 'kafka:1', certificates, metrics });
const find = <T>(kind: string, name: string, args?: Args): T =>
  objects(args).find((object) => object.kind === kind && object.metadata?.name === name) as T;
const pod = (args?: Args): V1PodTemplateSpec =>
  find<V1StatefulSet>('StatefulSet', 'events-dual', args).spec?.template ?? {};

test('the Kafka owns every object, so that they are deleted with it', () => {
  for (const { metadata } of objects()) {
    expect(metadata?.namespace).toBe('shop');
    expect(metadata?.ownerReferences?.[0]).toMatchObject({ kind: 'Kafka', name: 'events', uid: 'uid-1' });
  }
});

test('the pod is events-dual-0 below the brokers service, and its claim data-events-dual-0', () => {
  const { spec } = find<V1StatefulSet>('StatefulSet', 'events-dual');
  expect(spec).toMatchObject({ replicas: 1, serviceName: 'events-kafka-brokers' });
  expect(spec?.volumeClaimTemplates?.[0]).toMatchObject({
    metadata: { name: 'data' },
    spec: { storageClassName: 'standard', resources: { requests: { storage: '2Gi' } } },
  });
  expect(spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted).toBe('Retain');
});

test('the services have the ports and the discovery annotation that Strimzi gives them', () => {
  const bootstrap = find<V1Service>('Service', 'events-kafka-bootstrap');
  expect(bootstrap.spec?.ports?.map(({ name, port }) => [name, port])).toEqual([
    ['tcp-replication', 9091],
    ['tcp-clients', 9092],
  ]);
  expect(JSON.parse(bootstrap.metadata?.annotations?.['strimzi.io/discovery'] ?? '')).toEqual([
    { port: 9092, tls: false, protocol: 'kafka', auth: 'none' },
  ]);
  const brokers = find<V1Service>('Service', 'events-kafka-brokers').spec;
  expect(brokers).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
});

test('the services select the pod', () => {
  const labels = pod().metadata?.labels ?? {};
  for (const name of ['events-kafka-bootstrap', 'events-kafka-brokers']) {
    expect(labels).toMatchObject(find<V1Service>('Service', name).spec?.selector ?? { none: 'none' });
  }
});

test('the pod has the labels of the pod templates; those of the pool override those of the Kafka', () => {
  const template = (value: string) => ({ pod: { metadata: { labels: { 'sidecar.istio.io/inject': value } } } });
  const kafka = aKafka({ template: template('true') });
  expect(pod({ kafka }).metadata?.labels?.['sidecar.istio.io/inject']).toBe('true');
  const pool = aPool({ template: template('false') });
  expect(pod({ kafka, pool }).metadata?.labels?.['sidecar.istio.io/inject']).toBe('false');
});

test('a changed configuration changes the pod template, so that the pod is rolled', () => {
  const kafka = aKafka({ config: { 'log.retention.hours': 1 } });
  expect(pod({ kafka }).metadata?.annotations).not.toEqual(pod().metadata?.annotations);
  expect(pod().metadata?.annotations).toEqual(pod().metadata?.annotations);
});

test('a renewed certificate changes the pod template, because the broker reads its files at its start', () => {
  expect(pod({ certificates: ['new'] }).metadata?.annotations).not.toEqual(pod().metadata?.annotations);
});

test('a TLS listener has the port name and the discovery entry that Strimzi gives it', () => {
  const bootstrap = find<V1Service>('Service', 'events-kafka-bootstrap', { kafka: aKafka({ listeners: [mutualTls] }) });
  expect(bootstrap.spec?.ports?.map(({ name, port }) => [name, port])).toContainEqual(['tcp-clientstls', 9093]);
  expect(JSON.parse(bootstrap.metadata?.annotations?.['strimzi.io/discovery'] ?? '')).toEqual([
    { port: 9093, tls: true, protocol: 'kafka', auth: 'tls' },
  ]);
});

test('the broker has its own certificate and those of both authorities, and no key of an authority', () => {
  const secrets = pod().spec?.volumes?.flatMap(({ secret }) => secret?.secretName ?? []);
  expect(secrets).toEqual(['events-dual-0', 'events-cluster-ca-cert', 'events-clients-ca-cert']);
});

test('a cluster id that begins with a dash is a value for the program that formats the volume', () => {
  expect(pod().spec?.containers[0]?.command?.at(-1)).toContain('--cluster-id="$(cat ');
});

test('ephemeral storage is an emptyDir without a claim', () => {
  const pool = aPool({ storage: { type: 'ephemeral' } });
  expect(find<V1StatefulSet>('StatefulSet', 'events-dual', { pool }).spec?.volumeClaimTemplates).toBeUndefined();
  expect(pod({ pool }).spec?.volumes).toContainEqual({ name: 'data', emptyDir: {} });
});

test('the broker runs as an unprivileged user on a read-only root', () => {
  const { spec } = pod();
  expect(spec?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1001 });
  expect(spec?.containers[0]?.securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  });
});

test('with metrics the exporter runs in the broker, with settings of its ConfigMap, on the port of Strimzi', () => {
  const args = { metrics: 'rules: []' };
  expect(find<V1ConfigMap>('ConfigMap', 'events-dual-0', args).data).toMatchObject({
    'metrics-config.yml': 'rules: []',
  });
  const [container] = pod(args).spec?.containers ?? [];
  expect(container?.ports).toContainEqual({ name: 'tcp-prometheus', containerPort: 9404 });
  expect(container?.command?.at(-1)).toMatch(/exec java -javaagent:\S+ .*=9404:\S+\/metrics-config\.yml -Xms/);
  const [without] = pod().spec?.containers ?? [];
  expect(JSON.stringify(without)).not.toMatch(/9404|javaagent/);
});

test('metrics that cannot be had are rejected with what is wrong', async () => {
  const client = {
    configValue: async (name: string, key: string) => (name === 'm' && key === 'k' ? 'rules' : undefined),
  };
  const read = (metricsConfig?: Kafka['spec']['kafka']['metricsConfig']) =>
    readMetricsConfig(client as Client, aKafka(metricsConfig && { metricsConfig }));
  const jmx = (name: string) => ({ type: 'jmxPrometheusExporter', valueFrom: { configMapKeyRef: { name, key: 'k' } } });
  expect(await read()).toBeUndefined();
  expect(await read(jmx('m'))).toBe('rules');
  await expect(read(jmx('other'))).rejects.toThrow('there is no ConfigMap other with key k');
  await expect(read({ type: 'strimziMetricsReporter' })).rejects.toMatchObject({ reason: 'NotSupportedByStandIn' });
});
