import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METRICS_CONFIG } from '../../cluster/native/strimzi-standin/broker/metrics.ts';
import { serverConfig } from '../../cluster/native/strimzi-standin/broker/server-config.ts';
import { issue, type KeyPair, makeAuthority } from '../../cluster/native/strimzi-standin/certificates/certificate.ts';
import { aKafka, aPool, mutualTls } from '../../cluster/native/strimzi-standin/testing.ts';
import { type BrokerAdmin, withBroker } from '../../cluster/native/strimzi-standin/topic/broker-admin.ts';
import { versions } from '../../cluster/versions.ts';
import type { KafkaEndpoint } from '../../services/lib/messaging/kafka-endpoint.ts';
import { findFreePort } from '../../services/lib/testing/databases.ts';
import { runBroker } from './local-kafka.ts';

const validity = { validityDays: 1, renewalDays: 0 };

/** A local broker with the config of the native cluster's: mutual TLS, and nothing is allowed without an ACL. */
export interface SecureKafka {
  readonly brokers: readonly string[];
  /** The authority of brokers and operators. */
  readonly clusterCa: KeyPair;
  /** The authority of users. */
  readonly clientsCa: KeyPair;
  /**
   * Writes a user's files, and returns the endpoint with which it connects.
   * @param files some of them instead of the right ones
   */
  connectAs(user: string, files?: Partial<UserFiles>): Promise<KafkaEndpoint>;
  /** Runs work as the operator, who may do everything. */
  asOperator<T>(work: (admin: BrokerAdmin) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** What a user's pod has as files. */
interface UserFiles extends KeyPair {
  readonly ca: string;
}

/** @param metrics the port and the settings of a JMX exporter. @default none */
export async function startSecureKafka(metrics?: { port: number; settings: string }): Promise<SecureKafka> {
  const [clusterCa, clientsCa] = await Promise.all([
    makeAuthority({ commonName: 'cluster-ca' }, validity),
    makeAuthority({ commonName: 'clients-ca' }, validity),
  ]);
  const ofStrimzi = (commonName: string, hosts: readonly string[] = []) =>
    issue(clusterCa, { commonName, organization: 'io.strimzi', hosts }, validity);
  const [server, operator] = await Promise.all([
    ofStrimzi('events-kafka', ['localhost']),
    ofStrimzi('cluster-operator'),
  ]);
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()] as const;
  let files = '';
  const exporter = (jars: string, folder: string) =>
    metrics
      ? [
          `-javaagent:${jars}/jmx_prometheus_javaagent-${versions.jmxExporter}.jar` +
            `=127.0.0.1:${metrics.port}:${join(folder, METRICS_CONFIG)}`,
        ]
      : [];
  const broker = await runBroker(async (folder) => {
    files = folder;
    await writeFile(join(folder, 'keystore.pem'), server.key + server.cert);
    await writeFile(join(folder, 'cluster-ca.crt'), clusterCa.cert);
    await writeFile(join(folder, 'clients-ca.crt'), clientsCa.cert);
    if (metrics) await writeFile(join(folder, METRICS_CONFIG), metrics.settings);
    return onThisHost(folder, ports);
  }, exporter);
  const admin = {
    address: `localhost:${ports[1]}`,
    tls: { ca: clusterCa.cert, cert: operator.cert, key: operator.key },
  };
  await broker.untilUp(() => withBroker(admin, (connected) => connected.clusterId()));
  const brokers = [`localhost:${ports[2]}`];
  return {
    ...{ brokers, clusterCa, clientsCa, stop: broker.stop },
    asOperator: (work) => withBroker(admin, work),
    async connectAs(user, instead = {}) {
      const own = { ca: clusterCa.cert, ...(await issue(clientsCa, { commonName: user }, validity)), ...instead };
      const path = (file: string) => join(files, `${user}.${file}`);
      await Promise.all((['ca', 'cert', 'key'] as const).map((file) => writeFile(path(file), own[file])));
      return { brokers, tls: { caFile: path('ca'), certFile: path('cert'), keyFile: path('key') } };
    },
  };
}

/** The config of the native cluster's broker, with the addresses and files of this host. */
function onThisHost(folder: string, [control, replication, clients]: readonly [number, number, number]): string {
  const kafka = aKafka({
    listeners: [mutualTls],
    authorization: { type: 'simple' },
    config: { 'auto.create.topics.enable': false, 'group.initial.rebalance.delay.ms': 0 },
  });
  return serverConfig(kafka, aPool())
    .replaceAll('127.0.0.1:9090', `127.0.0.1:${control}`)
    .replaceAll('0.0.0.0:9091', `127.0.0.1:${replication}`)
    .replaceAll('0.0.0.0:9093', `127.0.0.1:${clients}`)
    .replaceAll(/events-dual-0\.[\w.-]+:9091/g, `localhost:${replication}`)
    .replaceAll(/events-dual-0\.[\w.-]+:9093/g, `localhost:${clients}`)
    .replaceAll('/tmp/keystore.pem', join(folder, 'keystore.pem'))
    .replaceAll('/opt/kafka/cluster-ca-certs/ca.crt', join(folder, 'cluster-ca.crt'))
    .replaceAll('/opt/kafka/client-ca-certs/ca.crt', join(folder, 'clients-ca.crt'))
    .replaceAll('/var/lib/kafka/data', join(folder, 'data'));
}
