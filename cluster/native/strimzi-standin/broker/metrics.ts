import { Rejection } from '../conditions.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka } from '../resources.ts';

/** Strimzi's name and number of the port that serves a broker's metrics to Prometheus. */
export const METRICS_PORT = { name: 'tcp-prometheus', containerPort: 9404 } as const;
/** The exporter's settings in the broker's ConfigMap. */
export const METRICS_CONFIG = 'metrics-config.yml';

/**
 * The settings of the JMX exporter, from the ConfigMap that a Kafka names; undefined if it asks for no metrics.
 * @throws Rejection if there is no such ConfigMap or key, or for another kind of metrics
 */
export async function readMetricsConfig(client: Client, kafka: Kafka): Promise<string | undefined> {
  const { metricsConfig } = kafka.spec.kafka;
  if (metricsConfig === undefined) return undefined;
  if (metricsConfig.type !== 'jmxPrometheusExporter')
    throw new Rejection(
      'NotSupportedByStandIn',
      `The stand-in has metricsConfig jmxPrometheusExporter only, not ${metricsConfig.type}`,
    );
  const { name = '', key = '' } = metricsConfig.valueFrom?.configMapKeyRef ?? {};
  const config = await client.configValue(name, key);
  if (config === undefined)
    throw new Rejection(
      'InvalidConfigurationException',
      `spec.kafka.metricsConfig: there is no ConfigMap ${name} with key ${key}`,
    );
  return config;
}
