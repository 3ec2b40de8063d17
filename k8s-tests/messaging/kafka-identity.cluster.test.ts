import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { issue, makeAuthority } from '../../cluster/native/strimzi-standin/certificates/certificate.ts';
import { openCluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { brokerPods, hostOf, type KafkaIdentity, openKafka, readIdentity, withAdmin } from '../harness/kafka-client.ts';
import { kubectl } from '../harness/kubectl.ts';
import { firstAnswer } from './first-answer.ts';
import { type BrokerTarget, connectTo, grantedRights, modelRights, operators, serviceUsers } from './kafka-rights.ts';

const cluster = openCluster();
afterAll(() => cluster.close());
let broker: BrokerTarget;
beforeAll(async () => {
  const [pod] = await brokerPods(cluster);
  if (pod === undefined) throw new Error('no broker');
  broker = { host: '127.0.0.1', port: await cluster.forwards.open(pod, 9093), servername: hostOf(pod) };
});

async function rightsOf(identity: KafkaIdentity): Promise<readonly string[]> {
  const connection = await connectTo(broker, identity);
  return grantedRights(connection).finally(() => connection.close());
}

describe('who may do what in Kafka', () => {
  it.each([...serviceUsers, operators])(
    'with its certificate, %s can do exactly what the topology says, and so can any pod that steals it',
    async (user) => {
      expect(await rightsOf(await readIdentity(cluster, user))).toEqual(modelRights(user));
    },
  );

  it('no others have a certificate or an ACL', async () => {
    const users = await kubectl('-n', 'shop', 'get', 'kafkausers', '-o', 'jsonpath={.items[*].metadata.name}');
    const expected = [...serviceUsers, operators].sort();
    expect(users.split(' ').sort()).toEqual(expected);
    const any = { resourceType: 1, resourcePatternType: 1, operation: 1, permissionType: 1 } as const;
    const { resources } = await withAdmin(await openKafka(cluster), (admin) => admin.describeAcls(any));
    const principals = resources.flatMap(({ acls }) => acls.map(({ principal }) => principal));
    expect([...new Set(principals)].sort()).toEqual(expected.map((name) => `User:CN=${name}`));
  });

  it.each([
    ['with its own certificate', 'answered', async (own: KafkaIdentity) => own],
    ['without a certificate', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', async ({ ca }: KafkaIdentity) => ({ ca })],
    ['with a certificate of another authority', 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', ofAnotherAuthority],
    ['without TLS', 'alert', async () => undefined],
  ])('the first request of a client %s is met with: %s', async (_, expected, change) => {
    const identity = await change(await readIdentity(cluster, 'orders-worker'));
    expect(await firstAnswer(broker, identity)).toBe(expected);
  });
});

async function ofAnotherAuthority({ ca }: KafkaIdentity): Promise<KafkaIdentity> {
  const validity = { validityDays: 1, renewalDays: 0 };
  const authority = await makeAuthority({ commonName: 'clients-ca v0', organization: 'io.strimzi' }, validity);
  return { ca, ...(await issue(authority, { commonName: 'orders-worker' }, validity)) };
}

describe('a user', () => {
  const name = 'kafka-identity-test';
  const applyUser = async (operation: string) => {
    const acls = [
      { resource: { type: 'topic', name: 'payments.v1', patternType: 'literal' }, operations: [operation] },
    ];
    const spec = { authentication: { type: 'tls' }, authorization: { type: 'simple', acls } };
    const metadata = { name, namespace: 'shop', labels: { 'strimzi.io/cluster': 'events' } };
    await apply(JSON.stringify({ apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaUser', metadata, spec }), name);
    await kubectl('-n', 'shop', 'wait', `kafkauser/${name}`, '--for=condition=Ready', '--timeout=30s');
  };
  const remove = () => kubectl('-n', 'shop', 'delete', 'kafkauser', name, '--ignore-not-found');
  afterAll(remove);

  it('has its rights soon after each edit, and none after it is deleted', async () => {
    await applyUser('Read');
    const identity = await eventually(() => readIdentity(cluster, name));
    await eventually(async () => expect(await rightsOf(identity)).toEqual(['read payments.v1']));
    await applyUser('Write');
    await eventually(async () => expect(await rightsOf(identity)).toEqual(['write payments.v1']));
    await remove();
    await eventually(async () => expect(await rightsOf(identity)).toEqual([]), { timeoutMs: 60_000 });
  });

  it('gets a new certificate if its Secret is deleted', async () => {
    await applyUser('Read');
    const before = await eventually(() => readIdentity(cluster, name));
    await kubectl('-n', 'shop', 'delete', 'secret', name);
    const after = await eventually(() => readIdentity(cluster, name));
    expect(after.cert).not.toBe(before.cert);
    await eventually(async () => expect(await rightsOf(after)).toEqual(['read payments.v1']));
  });
});
