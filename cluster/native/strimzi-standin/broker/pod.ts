import { createHash } from 'node:crypto';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Kafka, NodePool } from '../resources.ts';
import { METRICS_CONFIG, METRICS_PORT } from './metrics.ts';
import { names, podLabels, podNames } from './names.ts';
import { CONFIG_DIR, runScript } from './run-script.ts';
import { CERTIFICATE_DIRS, DATA_DIR } from './server-config.ts';
import { dataVolume } from './volume.ts';

const KAFKA_USER = 1001;
const DEFAULT_HEAP = { max: '384m', min: '128m' };
const DEFAULT_RESOURCES = { requests: { cpu: '100m', memory: '512Mi' }, limits: { memory: '768Mi' } };

/**
 * The broker's pod.
 * @param config the broker's settings and certificates. A change changes the pod template, so that the pod is rolled.
 */
export function brokerPod(
  kafka: Kafka,
  pool: NodePool,
  image: string,
  config: Readonly<Record<string, string>>,
): V1PodTemplateSpec {
  const cluster = kafka.metadata.name;
  const template = { ...kafka.spec.kafka.template?.pod?.metadata, ...pool.spec.template?.pod?.metadata };
  const { '-Xmx': max = DEFAULT_HEAP.max, '-Xms': min = DEFAULT_HEAP.min } = pool.spec.jvmOptions ?? {};
  const firstPort = kafka.spec.kafka.listeners[0]?.port ?? 9092;
  const hasMetrics = METRICS_CONFIG in config;
  const data = dataVolume(pool);
  const ownSecret = podNames(cluster, pool.metadata.name).pod;
  const secretOf = {
    broker: ownSecret,
    clusterCa: `${cluster}-cluster-ca-cert`,
    clientsCa: `${cluster}-clients-ca-cert`,
  };
  const certificates = (['broker', 'clusterCa', 'clientsCa'] as const).map((part) => ({
    mount: { name: part.toLowerCase(), mountPath: CERTIFICATE_DIRS[part], readOnly: true },
    volume: { name: part.toLowerCase(), secret: { secretName: secretOf[part], defaultMode: 0o440 } },
  }));
  return {
    metadata: {
      labels: { ...template.labels, ...podLabels(cluster, pool.metadata.name) },
      annotations: { ...template.annotations, 'strimzi.io/configuration-hash': hashOf(config) },
    },
    spec: {
      serviceAccountName: names(cluster).serviceAccount,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: KAFKA_USER,
        runAsGroup: KAFKA_USER,
        fsGroup: KAFKA_USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'kafka',
          image,
          command: ['/bin/sh', '-c', runScript({ max, min, pod: ownSecret, hasMetrics })],
          ports: [
            ...kafka.spec.kafka.listeners.map(({ name, port }) => ({ name: `tcp-${name}`, containerPort: port })),
            ...(hasMetrics ? [METRICS_PORT] : []),
          ],
          startupProbe: { tcpSocket: { port: firstPort }, periodSeconds: 1, failureThreshold: 300 },
          readinessProbe: { tcpSocket: { port: firstPort }, periodSeconds: 5 },
          livenessProbe: { tcpSocket: { port: firstPort }, periodSeconds: 10, failureThreshold: 6 },
          resources: pool.spec.resources ?? DEFAULT_RESOURCES,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: data.name, mountPath: DATA_DIR },
            { name: 'config', mountPath: CONFIG_DIR, readOnly: true },
            { name: 'tmp', mountPath: '/tmp' },
            ...certificates.map(({ mount }) => mount),
          ],
        },
      ],
      volumes: [
        ...data.volumes,
        { name: 'config', configMap: { name: `${cluster}-${pool.metadata.name}-0` } },
        { name: 'tmp', emptyDir: {} },
        ...certificates.map(({ volume }) => volume),
      ],
    },
  };
}

const hashOf = (config: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 8);
