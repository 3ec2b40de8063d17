import { X509Certificate } from 'node:crypto';
import type { KubernetesObject, V1Secret } from '@kubernetes/client-node';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../kubernetes/client.ts';
import type { StoredSecret } from '../resources.ts';
import { aKafka, aUser } from '../testing.ts';
import { ensureUserSecret } from '../user/secret.ts';
import { ensureAuthorities, ensureBrokerCertificate } from './secrets.ts';

const kafka = aKafka();
const user = aUser('orders');
let applied: V1Secret[];
let secrets: Map<string, StoredSecret>;
beforeEach(() => {
  vi.useRealTimers();
  applied = [];
  secrets = new Map();
});

/** A cluster that keeps Secrets and nothing else. */
const client = {
  async apply(object: KubernetesObject) {
    const secret = object as V1Secret;
    applied.push(secret);
    const values = Object.entries(secret.data ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text, 'base64').toString(),
    ]);
    secrets.set(secret.metadata?.name ?? '', {
      annotations: secret.metadata?.annotations ?? {},
      values: Object.fromEntries(values),
    });
  },
} as Client;

/** One pass: what the loop does with certificates. */
async function pass() {
  const certificates = await ensureAuthorities(client, kafka, secrets);
  await ensureBrokerCertificate(client, kafka, 'dual', secrets, certificates);
  await ensureUserSecret(client, kafka, user, secrets, certificates);
}

const fileIn = (secret: string, key: string): string => secrets.get(secret)?.values[key] ?? '';
const certificateOf = (secret: string, key: string) => new X509Certificate(fileIn(secret, key));
const userCertificate = () => certificateOf('orders', 'user.crt');
const inDays = (days: number) => vi.setSystemTime(Date.now() + days * 86_400_000);

test('the Secrets have the names and keys of Strimzi, and a second pass changes none', async () => {
  await pass();
  const keys = Object.fromEntries([...secrets].map(([name, { values }]) => [name, Object.keys(values)]));
  expect(keys).toEqual({
    'events-cluster-ca': ['ca.key'],
    'events-cluster-ca-cert': ['ca.crt'],
    'events-clients-ca': ['ca.key'],
    'events-clients-ca-cert': ['ca.crt'],
    'events-trustbundle': ['cluster-ca.crt', 'clients-ca.crt'],
    'events-cluster-operator-certs': ['cluster-operator.crt', 'cluster-operator.key'],
    'events-dual-0': ['events-dual-0.crt', 'events-dual-0.key'],
    orders: ['ca.crt', 'user.crt', 'user.key'],
  });
  applied = [];
  await pass();
  expect(applied).toEqual([]);
});

test('certificates have the subjects and host names of Strimzi', async () => {
  await pass();
  expect(certificateOf('events-cluster-ca-cert', 'ca.crt').subject).toBe('O=io.strimzi\nCN=cluster-ca v0');
  expect(certificateOf('events-clients-ca-cert', 'ca.crt').subject).toBe('O=io.strimzi\nCN=clients-ca v0');
  const broker = certificateOf('events-dual-0', 'events-dual-0.crt');
  expect(broker.subject).toBe('O=io.strimzi\nCN=events-kafka');
  for (const host of [
    'events-kafka-bootstrap',
    'events-kafka-bootstrap.shop.svc',
    'events-kafka-brokers.shop.svc.cluster.local',
    'events-dual-0.events-kafka-brokers.shop.svc',
  ])
    expect(broker.checkHost(host)).toBe(host);
  expect(broker.checkHost('events-dual-0.events-kafka-brokers.other.svc')).toBeUndefined();
});

test("a user's certificate is its name without an organization, signed by the authority of clients", async () => {
  await pass();
  expect(userCertificate().subject).toBe('CN=orders');
  expect(userCertificate().verify(certificateOf('events-clients-ca-cert', 'ca.crt').publicKey)).toBe(true);
  expect(fileIn('orders', 'user.key')).toContain('-----BEGIN PRIVATE KEY-----');
  expect(fileIn('orders', 'ca.crt')).toBe(fileIn('events-clients-ca-cert', 'ca.crt'));
});

test('the owner of a Secret is the resource with which it is deleted', async () => {
  await pass();
  const owners = applied.map(({ metadata }) => `${metadata?.name}: ${metadata?.ownerReferences?.[0]?.kind}`);
  expect(owners).toContain('orders: KafkaUser');
  expect(owners).toContain('events-cluster-ca: Kafka');
  expect(applied.find(({ metadata }) => metadata?.name === 'orders')?.metadata?.labels).toMatchObject({
    'strimzi.io/cluster': 'events',
    'strimzi.io/kind': 'KafkaUser',
    'app.kubernetes.io/managed-by': 'strimzi-user-operator',
  });
});

test('a Secret that is deleted comes back with a new certificate', async () => {
  await pass();
  const before = userCertificate().fingerprint256;
  secrets.delete('orders');
  await pass();
  expect(userCertificate().fingerprint256).not.toBe(before);
});

test('a certificate is renewed a month before it expires, and not sooner', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await pass();
  const before = userCertificate().fingerprint256;
  inDays(334);
  await pass();
  expect(userCertificate().fingerprint256).toBe(before);
  inDays(2);
  await pass();
  expect(userCertificate().fingerprint256).not.toBe(before);
  expect(Date.parse(userCertificate().validTo)).toBeGreaterThan(Date.now() + 364 * 86_400_000);
});

test('a renewed authority keeps its key, so that the certificates that it has signed stay valid', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await pass();
  const [authority, signed] = [certificateOf('events-clients-ca-cert', 'ca.crt'), userCertificate()];
  inDays(336);
  await pass();
  const renewed = certificateOf('events-clients-ca-cert', 'ca.crt');
  expect(renewed.fingerprint256).not.toBe(authority.fingerprint256);
  expect(signed.verify(renewed.publicKey)).toBe(true);
  expect(secrets.get('events-clients-ca-cert')?.annotations['strimzi.io/ca-cert-generation']).toBe('1');
  expect(secrets.get('events-clients-ca')?.annotations['strimzi.io/ca-key-generation']).toBe('0');
});

test('if an authority is lost, a new one signs everything again', async () => {
  await pass();
  secrets.delete('events-clients-ca');
  await pass();
  const { publicKey } = certificateOf('events-clients-ca-cert', 'ca.crt');
  expect(userCertificate().verify(publicKey)).toBe(true);
});

test('a certificate or key that cannot be read is replaced', async () => {
  await pass();
  secrets.set('orders', { annotations: {}, values: { 'user.crt': 'none', 'user.key': 'none' } });
  await pass();
  expect(userCertificate().subject).toBe('CN=orders');
});
