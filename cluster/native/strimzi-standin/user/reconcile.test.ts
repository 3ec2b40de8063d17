import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Client } from '../kubernetes/client.ts';
import type { Resource, Status, UserSpec } from '../resources.ts';
import { aKafka, aUser } from '../testing.ts';
import type { BrokerAdmin } from '../topic/broker-admin.ts';
import { reconcileAcls, reconcileUserSecrets, validateUser } from './reconcile.ts';

const authorized = aKafka({ authorization: { type: 'simple' } });
const acls: UserSpec = { authorization: { type: 'simple', acls: [] } };
const log = pino({ level: 'silent' });

/** A cluster in which only statuses are written. */
function clientWith(onStatus: (user: Resource<unknown, Status>, status: Status) => void): Client {
  const setStatus: Client['setStatus'] = async (_, user, status) => {
    onStatus(user, status);
    return true;
  };
  return { setStatus } as Client;
}

test.each([
  ['a password', { authentication: { type: 'scram-sha-512' } }],
  ['quotas', { quotas: {} }],
  ['a template', { template: {} }],
])('a user with %s is rejected as not supported by the stand-in', (_, spec) => {
  expect(() => validateUser(aUser('orders', spec), authorized)).toThrow(
    expect.objectContaining({ reason: 'NotSupportedByStandIn', message: expect.stringContaining('KafkaUser orders') }),
  );
});

test("ACLs for a Kafka without authorization are rejected in Strimzi's words", () => {
  expect(() => validateUser(aUser('orders', acls), aKafka())).toThrow(
    'Simple authorization ACLs are configured but not supported in the Kafka cluster configuration.',
  );
});

test('a paused user and a rejected one get their conditions, and neither a Secret nor ACLs', async () => {
  const statuses: unknown[] = [];
  const client = clientWith(({ metadata }, status) => statuses.push([metadata.name, status]));
  const paused = aUser('paused', {}, { annotations: { 'strimzi.io/pause-reconciliation': 'true' } });
  const users = [paused, aUser('rejected', { quotas: {} })];
  const none = { cert: '', key: '' };
  const certificates = { clusterCa: none, clientsCa: none, operator: none };
  expect(await reconcileUserSecrets({ client, log }, authorized, users, new Map(), certificates)).toEqual([]);
  expect(statuses).toMatchObject([
    ['paused', { conditions: [{ type: 'ReconciliationPaused', status: 'True' }] }],
    ['rejected', { conditions: [{ type: 'Ready', status: 'False', reason: 'NotSupportedByStandIn' }] }],
  ]);
});

test('a user is Ready with its name and its Secret; with a certificate of someone else it has no Secret', async () => {
  const statuses: unknown[] = [];
  const client = clientWith((_, status) => statuses.push(status));
  const users = [aUser('orders'), aUser('other', { authentication: { type: 'tls-external' } })];
  const admin = { acls: async () => [] } as Pick<BrokerAdmin, 'acls'> as BrokerAdmin;
  await reconcileAcls({ client, log }, authorized, admin, users, users);
  const ready = [{ type: 'Ready', status: 'True' }];
  expect(statuses).toEqual([
    { conditions: ready, observedGeneration: 1, username: 'CN=orders', secret: 'orders' },
    { conditions: ready, observedGeneration: 1, username: 'CN=other' },
  ]);
});
