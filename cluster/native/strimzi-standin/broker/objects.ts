import type {
  KubernetesObject,
  V1ConfigMap,
  V1OwnerReference,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { KAFKA_METADATA_VERSION } from '../kafka/version.ts';
import type { Kafka, NodePool } from '../resources.ts';
import { METRICS_CONFIG } from './metrics.ts';
import { clusterLabels, names, podNames, poolSelector } from './names.ts';
import { brokerPod } from './pod.ts';
import { LOG4J2_PROPERTIES } from './run-script.ts';
import { serverConfig } from './server-config.ts';
import { services } from './services.ts';
import { dataVolume } from './volume.ts';

/** What a broker is made of besides its resources. */
export interface BrokerParts {
  readonly clusterId: string;
  readonly image: string;
  /** Those that the broker reads at its start: a changed one rolls the pod. */
  readonly certificates: readonly string[];
  /** The settings of the JMX exporter; undefined: it has none. */
  readonly metrics: string | undefined;
}

/**
 * The objects that a Kafka cluster needs, in the order to apply them. The Kafka owns all of them, so that they are
 * deleted with it. Volume claims stay unless the pool says `deleteClaim`.
 */
export function brokerObjects(
  kafka: Kafka,
  pool: NodePool,
  { clusterId, image, certificates, metrics }: BrokerParts,
): readonly KubernetesObject[] {
  const { name: cluster, namespace, uid } = kafka.metadata;
  const { podSet, pod } = podNames(cluster, pool.metadata.name);
  const settings = {
    'log4j2.properties': LOG4J2_PROPERTIES,
    'metadata.version': kafka.spec.kafka.metadataVersion ?? KAFKA_METADATA_VERSION,
    'server.config': serverConfig(kafka, pool),
    ...(metrics !== undefined && { [METRICS_CONFIG]: metrics }),
  };

  const serviceAccount: V1ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: names(cluster).serviceAccount, labels: clusterLabels(cluster) },
  };
  const configMap: V1ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: pod, labels: clusterLabels(cluster) },
    // Only the first start uses the id, so a changed id does not roll the pod.
    data: { ...settings, 'cluster.id': clusterId },
  };
  const statefulSet: V1StatefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: podSet, labels: { ...clusterLabels(cluster), ...poolSelector(cluster, pool.metadata.name) } },
    spec: {
      replicas: 1,
      serviceName: names(cluster).brokersService,
      selector: { matchLabels: poolSelector(cluster, pool.metadata.name) },
      template: brokerPod(kafka, pool, image, { ...settings, certificates: certificates.join('') }),
      ...dataVolume(pool).claims,
    },
  };

  const owner: V1OwnerReference = { apiVersion: kafka.apiVersion, kind: kafka.kind, name: cluster, uid };
  return [serviceAccount, ...services(kafka), configMap, statefulSet].map((object) => ({
    ...object,
    metadata: { ...object.metadata, namespace, ownerReferences: [owner] },
  }));
}
