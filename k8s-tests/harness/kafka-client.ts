import { connect } from 'node:net';
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
const listenerPort = 9092;
const brokerLabels = 'strimzi.io/cluster=events,strimzi.io/kind=Kafka,strimzi.io/broker-role=true';

/**
 * Opens a Kafka client on this host. Brokers advertise addresses inside the cluster, so each connection goes through a
 * port-forward to the pod in the address.
 */
export async function openKafka(cluster: Cluster): Promise<Kafka> {
  const pods = await cluster.readyPods(namespace, brokerLabels);
  if (pods.length === 0) throw new Error(`no ready pod ${brokerLabels} in ${namespace}`);
  return new Kafka({
    clientId: 'k8s-tests',
    brokers: pods.map(({ name }) => `${name}:${listenerPort}`),
    socketFactory: forwarding(await forwardEach(cluster, pods)),
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 10 },
    logLevel: logLevel.NOTHING,
  });
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
  const entries = pods.map(async (pod) => [pod.name, await cluster.forwards.open(pod, listenerPort)] as const);
  return new Map(await Promise.all(entries));
}

/** A broker's address begins with its pod's name: `events-dual-0.events-kafka-brokers.shop.svc`. */
function forwarding(ports: ReadonlyMap<string, number>): ISocketFactory {
  return ({ host, onConnect }) => {
    const port = ports.get(host.split('.')[0] ?? '');
    if (port === undefined)
      throw new Error(`the broker ${host} is not one of the pods ${[...ports.keys()].join(', ')}`);
    return connect({ host: '127.0.0.1', port }, onConnect);
  };
}
