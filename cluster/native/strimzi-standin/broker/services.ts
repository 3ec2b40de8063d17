import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import type { Kafka } from '../resources.ts';
import { brokerSelector, clusterLabels, names } from './names.ts';

/**
 * Strimzi's name of a listener's port: `tcp-clients` for plain, `tcp-clientstls` for TLS, otherwise that of the
 * listener.
 */
const PORT_NAMES: Readonly<Record<string, string>> = { plain: 'tcp-clients', tls: 'tcp-clientstls' };

const tcp = (name: string, port: number): V1ServicePort => ({ name, port, targetPort: port, protocol: 'TCP' });

/** The bootstrap service of clients, and the headless service that gives the broker its name. */
export function services(kafka: Kafka): readonly V1Service[] {
  const cluster = kafka.metadata.name;
  const listeners = kafka.spec.kafka.listeners;
  const clientPorts = listeners.map((l) => tcp(PORT_NAMES[l.name] ?? `tcp-${l.name}`, l.port));
  const discovery = listeners.map(({ port, tls, authentication }) => ({
    ...{ port, tls, protocol: 'kafka' },
    auth: authentication?.type ?? 'none',
  }));
  const service = (name: string, spec: V1Service['spec'], extra: V1Service['metadata'] = {}): V1Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...extra, labels: { ...clusterLabels(cluster), ...extra.labels } },
    spec: { selector: brokerSelector(cluster), ...spec },
  });
  return [
    service(
      names(cluster).bootstrapService,
      { type: 'ClusterIP', ports: [tcp('tcp-replication', 9091), ...clientPorts] },
      {
        labels: { 'strimzi.io/discovery': 'true' },
        annotations: { 'strimzi.io/discovery': JSON.stringify(discovery) },
      },
    ),
    service(names(cluster).brokersService, {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [tcp('tcp-ctrlplane', 9090), tcp('tcp-replication', 9091), tcp('tcp-kafkaagent', 8443), ...clientPorts],
    }),
  ];
}
