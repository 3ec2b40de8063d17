/** What the topology says that each principal may do in Kafka, and what a broker says. */
import { Connection, deleteRecordsV2, fetchV12, findErrorBy, heartbeatV4, produceV9 } from '@platformatic/kafka';
import { asyncInteractions, usesKafka } from '../../cdk8s/model/interactions.ts';
import type { Topology } from '../../cdk8s/model/topology.ts';
import { topology as ours } from '../../cdk8s/topology.ts';
import type { KafkaIdentity } from '../harness/kafka-client.ts';

const topology: Topology = ours;
const topics = Object.keys(topology.topics);
const services = Object.keys(topology.services);
/** The services with a certificate. */
export const serviceUsers = services.filter((name) => usesKafka(name, topology));
export const operators = 'operators';
/** Groups of every service, used or not, and of operators' commands. */
const groups = [...services, 'reader-1', 'analytics-rebuild-1', 'unknown'];

/** `write orders.v1`, `read orders.v1`, `delete orders.v1`; `join notifications` is about a group. */
type Right = string;

/** Every right that there could be. */
export const allRights: readonly Right[] = [
  ...topics.flatMap((topic) => [`write ${topic}`, `read ${topic}`, `delete ${topic}`]),
  ...groups.map((group) => `join ${group}`),
];

/** A second statement of what kafka-users.ts derives, so that a mistake there is found. */
export function modelRights(user: string): readonly Right[] {
  if (user === operators)
    return allRights.filter((right) => /^(read|write) |^join (reader|analytics-rebuild)-/.test(right));
  const interactions = asyncInteractions(topology);
  return allRights.filter((right) => {
    const [operation, name = ''] = right.split(' ');
    const ofTopic = interactions.filter(({ topic }) => topic === name);
    if (operation === 'write') return name === `${user}.dlq` || ofTopic.some(({ producer }) => producer === user);
    if (operation === 'read') return ofTopic.some(({ consumers }) => consumers.includes(user));
    return operation === 'join' && name === user && interactions.some(({ consumers }) => consumers.includes(user));
  });
}

/** Where a broker is, and the name that its certificate must have. */
export interface BrokerTarget {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
}

/**
 * Connects, with TLS if there is an identity.
 * @param identity without certificate and key, the client has none
 */
export async function connectTo(
  { host, port, servername }: BrokerTarget,
  identity?: Pick<KafkaIdentity, 'ca'> & Partial<KafkaIdentity>,
): Promise<Connection> {
  const connection = new Connection('k8s-tests', {
    connectTimeout: 10_000,
    requestTimeout: 10_000,
    ...(identity && { tls: { ...identity, servername } }),
  });
  // Without a listener, an error that comes later would end the process.
  connection.on('error', () => undefined);
  await connection.connect(host, port);
  return connection;
}

/** The rights that the broker grants, tried one by one without an effect. Throws what is neither granted nor denied. */
export async function grantedRights(connection: Connection): Promise<readonly Right[]> {
  const granted: Right[] = [];
  for (const right of allRights) if (await isGranted(connection, right)) granted.push(right);
  return granted;
}

const unknownTopicOrPartition = 3;
const unknownMember = 25;
const topicDenied = 29;
const groupDenied = 30;
/** No topic has it. The broker looks at rights first, so its answer says whether the request is granted. */
const partition = 999;

async function isGranted(connection: Connection, right: Right): Promise<boolean> {
  const [operation, name] = right.split(' ') as [keyof typeof requests, string];
  const answer = await requests[operation](connection, name).catch((error: Error) => error);
  const has = (code: number) => answer instanceof Error && findErrorBy(answer, 'apiCode', code);
  if (has(topicDenied) || has(groupDenied)) return false;
  if (has(unknownTopicOrPartition) || has(unknownMember)) return true;
  throw new Error(`${right}: neither granted nor denied`, { cause: answer });
}

const requests = {
  join: (connection: Connection, group: string): Promise<unknown> =>
    heartbeatV4.api.async(connection, group, 1, 'no-member'),
  write: (connection: Connection, topic: string): Promise<unknown> =>
    produceV9.api.async(connection, 1, 5_000, [{ topic, partition, value: Buffer.from('{}') }], {}),
  read: (connection: Connection, topic: string): Promise<unknown> =>
    fetchV12.api.async(
      ...([connection, 100, 0, 1_000, 0, 0, -1] as const),
      [
        {
          topicId: topic,
          partitions: [
            { partition, currentLeaderEpoch: -1, fetchOffset: 0n, lastFetchedEpoch: -1, partitionMaxBytes: 1_000 },
          ],
        },
      ],
      [],
      '',
    ),
  delete: (connection: Connection, topic: string): Promise<unknown> =>
    deleteRecordsV2.api.async(
      connection,
      [{ name: topic, partitions: [{ partitionIndex: partition, offset: 0n }] }],
      5_000,
    ),
};
