import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { lz4Decompress } from '@platformatic/wasm-utils';
import kafkajs, { type Admin, type ISocketFactory, Kafka, logLevel } from 'kafkajs';
import type { Cluster } from './cluster.ts';
import type { PodRef } from './names.ts';

/** kafkajs has gzip only. In the storm the broker compresses with others, and what it stored so stays for a week. */
const compress = () => Promise.reject(new Error('the tests compress nothing'));
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => ({
  compress,
  decompress: async (compressed: Buffer) => lz4Decompress(compressed),
});
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({ compress, decompress: promisify(zstdDecompress) });

const namespace = 'shop';
/** Where brokers and Strimzi's operators connect. */
const replicationPort = 9091;
const brokerLabels = 'strimzi.io/cluster=events,strimzi.io/kind=Kafka,strimzi.io/broker-role=true';

/** A client's certificate and key, and the authority that the brokers' certificates are from, as PEM. */
export interface KafkaIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Opens a Kafka client on this host, which may do everything: its identity is that of Strimzi's operator, from a Secret
 * that only the cluster's administrators can read. Brokers advertise addresses inside the cluster, so each connection
 * goes through a port-forward to the pod in the address.
 */
export async function openKafka(cluster: Cluster): Promise<Kafka> {
  const pods = await brokerPods(cluster);
  const identity = await readIdentity(cluster, 'events-cluster-operator-certs', 'cluster-operator');
  return new Kafka({
    clientId: 'k8s-tests',
    brokers: pods.map((pod) => `${hostOf(pod)}:${replicationPort}`),
    socketFactory: forwarding(await forwardEach(cluster, pods), identity),
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 10 },
    logLevel: logLevel.NOTHING,
  });
}

/** The ready pods of brokers. Throws if there is none. */
export async function brokerPods(cluster: Cluster): Promise<readonly PodRef[]> {
  const pods = await cluster.readyPods(namespace, brokerLabels);
  if (pods.length === 0) throw new Error(`no ready pod ${brokerLabels} in ${namespace}`);
  return pods;
}

/** The name of a broker in its certificate. */
export const hostOf = ({ name }: PodRef): string => `${name}.events-kafka-brokers.${namespace}.svc`;

/**
 * Reads an identity from the Secret that Strimzi has made for it.
 * @param file the name of the certificate's file, without its extension. @default user
 */
export async function readIdentity(cluster: Cluster, secret: string, file = 'user'): Promise<KafkaIdentity> {
  const [certFile, keyFile] = [`${file}.crt`, `${file}.key`];
  const authority = await cluster.readSecret({ namespace, name: 'events-cluster-ca-cert' }, 'ca.crt');
  const own = await cluster.readSecret({ namespace, name: secret }, certFile, keyFile);
  return { ca: authority['ca.crt'], cert: own[certFile] ?? '', key: own[keyFile] ?? '' };
}

/** Runs the work with a connected admin client and disconnects it afterwards. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The local port of each pod, by its name. */
async function forwardEach(cluster: Cluster, pods: readonly PodRef[]): Promise<ReadonlyMap<string, number>> {
  const entries = pods.map(async (pod) => [pod.name, await cluster.forwards.open(pod, replicationPort)] as const);
  return new Map(await Promise.all(entries));
}

/** A broker's address begins with its pod's name: `events-dual-0.events-kafka-brokers.shop.svc`. */
function forwarding(ports: ReadonlyMap<string, number>, identity: KafkaIdentity): ISocketFactory {
  return ({ host, onConnect }) => {
    const port = ports.get(host.split('.')[0] ?? '');
    if (port === undefined)
      throw new Error(`the broker ${host} is not one of the pods ${[...ports.keys()].join(', ')}`);
    return connect({ host: '127.0.0.1', port, servername: host, ...identity }, onConnect);
  };
}
