/** Services against a real broker with mutual TLS and the ACLs that the topology says, and no cluster. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkaUsers } from '../../cdk8s/charts/kafka-users.ts';
import { topology } from '../../cdk8s/topology.ts';
import { issue, makeAuthority } from '../../cluster/native/strimzi-standin/certificates/certificate.ts';
import type { User } from '../../cluster/native/strimzi-standin/resources.ts';
import { aUser } from '../../cluster/native/strimzi-standin/testing.ts';
import { planAcls } from '../../cluster/native/strimzi-standin/user/acls.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { type KafkaEndpoint, newClient } from '../../services/lib/messaging/kafka-endpoint.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { eventually } from '../harness/eventually.ts';
import { type SecureKafka, startSecureKafka } from '../harness/secure-kafka.ts';
import { connectTo, grantedRights, modelRights, operators, serviceUsers } from './kafka-rights.ts';

const validity = { validityDays: 1, renewalDays: 0 };
const users: readonly User[] = kafkaUsers(topology).map(({ name, acls }) =>
  aUser(name, { authorization: { type: 'simple', acls } }),
);
const create = { kind: 'create', partitions: 1, replicas: 1, config: {} } as const;
let kafka: SecureKafka;
beforeAll(async () => {
  kafka = await startSecureKafka();
  await kafka.asOperator(async (admin) => {
    for (const topic of Object.keys(topology.topics)) await admin.apply(topic, create);
  });
  await synchronize(users);
});
afterAll(() => kafka?.stop());

/** What the stand-in does at each pass. */
const synchronize = (wanted: readonly User[]) =>
  kafka.asOperator(async (admin) => {
    const { missing, surplus } = planAcls(wanted, [], await admin.acls());
    if (missing.length > 0) await admin.addAcls(missing);
    if (surplus.length > 0) await admin.removeAcls(surplus);
    // The broker answers before its authorizer has the change.
    await eventually(async () =>
      expect(planAcls(wanted, [], await admin.acls())).toEqual({ missing: [], surplus: [] }),
    );
  });

const message = { topic: 'orders.v1', key: Buffer.from('o-1'), value: Buffer.from('{}'), headers: {} };
/** Publishes with a new connection. */
async function publish(endpoint: KafkaEndpoint, topic: string): Promise<void> {
  const publisher = await createBroker('test', endpoint, silentLog).connectPublisher();
  await publisher.publish([{ ...message, topic }]).finally(() => publisher.close());
}
/** Runs work with a connection of its own. */
async function asAdmin<T>(endpoint: KafkaEndpoint, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = newClient(endpoint, {
    clientId: 'test',
    retry: { retries: 2, initialRetryTime: 50 },
    logLevel: 0,
  }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
const connectionError = (endpoint: KafkaEndpoint): Promise<string> =>
  asAdmin(endpoint, (admin) => admin.listTopics()).then(
    (topics) => `no error, but the topics ${topics}`,
    ({ message }: Error) => message,
  );

describe('with the ACLs of the topology', () => {
  test('an event reaches its consumer, which commits its position in its own group', async () => {
    await publish(await kafka.connectAs('orders-worker'), 'orders.v1');
    const consumer = createBroker('notifications', await kafka.connectAs('notifications'), silentLog);
    const seen: string[] = [];
    const publisher = { publish: async () => void seen.push('dead letter') };
    const options = { group: 'notifications', handlers: [], publisher, log: silentLog };
    const failed: Error[] = [];
    const leave = await consumer.consume(['orders.v1'], options, (error) => failed.push(error));
    // No CloudEvent: the message is dead-lettered.
    await eventually(async () => expect(seen).toEqual(['dead letter']), { timeoutMs: 20_000 });
    await leave();
    expect(failed).toEqual([]);
  });

  test('a relay sees the ends of its topics, and that one is missing', async () => {
    const broker = createBroker('orders-worker', await kafka.connectAs('orders-worker'), silentLog);
    const topic = await broker.connectTopic('inventory.v1');
    expect(await topic.readEnds()).toHaveLength(1);
    await kafka.asOperator((admin) => admin.remove('inventory.v1'));
    await eventually(async () => expect(await topic.readEnds()).toBeUndefined());
    await topic.close();
    await kafka.asOperator((admin) => admin.apply('inventory.v1', create));
  });

  test.each([
    ['fulfillment', 'orders.v1'],
    ['notifications', 'fulfillment.dlq'],
    ['a stranger with a certificate', 'orders.v1'],
  ])('%s cannot write %s', async (user, topic) => {
    await expect(publish(await kafka.connectAs(user), topic)).rejects.toThrow('Not authorized to access topics');
  });

  test.each([...serviceUsers, operators])('%s can do exactly what the topology says', async (user) => {
    const { tls } = await kafka.connectAs(user);
    const [ca, cert, key] = [tls?.caFile, tls?.certFile, tls?.keyFile].map((path = '') => readFileSync(path, 'utf8'));
    const [host = '', port] = kafka.brokers[0]?.split(':') ?? [];
    const target = { host, port: Number(port), servername: host };
    const connection = await connectTo(target, { ca: ca ?? '', cert: cert ?? '', key: key ?? '' });
    expect(await grantedRights(connection)).toEqual(modelRights(user));
    await connection.close();
  });

  test('operators read dead letters and delete the group in which they did, and return a message', async () => {
    const operator = await kafka.connectAs(operators);
    await publish(await kafka.connectAs('notifications'), 'notifications.dlq');
    expect(await readTopic(operator, 'notifications.dlq')).toHaveLength(1);
    await publish(operator, 'orders.v1');
    const { groups } = await asAdmin(operator, (admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith('reader-'))).toEqual([]);
  });

  test('a right that is taken away or given applies to connections that are open', async () => {
    const publisher = await createBroker('test', await kafka.connectAs('fulfillment'), silentLog).connectPublisher();
    const send = () => publisher.publish([{ ...message, topic: 'fulfillment.v1' }]);
    await send();
    await synchronize(users.filter(({ metadata }) => metadata.name !== 'fulfillment'));
    await eventually(async () => {
      await expect(send()).rejects.toThrow('Not authorized');
    });
    await synchronize(users);
    await eventually(send);
    await publisher.close();
  });
});

describe('without the right certificate there is no connection, and the error says why', () => {
  test('of another authority', async () => {
    const other = await makeAuthority({ commonName: 'clients-ca' }, validity);
    const pair = await issue(other, { commonName: 'orders-worker' }, validity);
    expect(await connectionError(await kafka.connectAs('orders-worker', pair))).toMatch(/alert.*(unknown|bad)/);
  });

  test("of the brokers' authority", async () => {
    const pair = await issue(kafka.clusterCa, { commonName: 'orders-worker' }, validity);
    expect(await connectionError(await kafka.connectAs('orders-worker', pair))).toMatch(/alert.*(unknown|bad)/);
  });

  test('none at all, or no TLS', async () => {
    const { tls } = await kafka.connectAs('orders-worker');
    expect(tls).toBeDefined();
    expect(await connectionError({ brokers: kafka.brokers })).toMatch(/closed|reset|timeout/i);
  });

  test('a broker of another authority than the one that the client trusts', async () => {
    const other = await makeAuthority({ commonName: 'cluster-ca' }, validity);
    expect(await connectionError(await kafka.connectAs('orders-worker', { ca: other.cert }))).toMatch(
      /unable to verify|self-signed|signature/,
    );
  });

  test('files that are missing are named', async () => {
    const tls = { caFile: '/none/ca.crt', certFile: '/none/user.crt', keyFile: '/none/user.key' };
    expect(await connectionError({ brokers: kafka.brokers, tls })).toContain('/none/ca.crt');
  });
});

test('a renewed certificate is used by the next connection, without a restart', async () => {
  const expired = await issue(kafka.clientsCa, { commonName: 'orders-worker' }, { ...validity, validityDays: -1 });
  const endpoint = await kafka.connectAs('orders-worker', expired);
  expect(await connectionError(endpoint)).toMatch(/alert.*(expired|unknown)/);
  const sending = publish(endpoint, 'orders.v1');
  await sleep(1_500);
  await kafka.connectAs('orders-worker');
  await sending;
});
