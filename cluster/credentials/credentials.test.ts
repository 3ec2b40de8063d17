// cspell:ignore uuidv htpasswd
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../paths.ts';
import { DATABASE_HOST, ensureDatabasePasswords } from './database-passwords.ts';
import { ensurePartnerCertificate } from './partner-certificates.ts';
import type { Current } from './store.ts';
import { type MemoryStore, memoryStore } from './testing.ts';

let store: MemoryStore;
let objects: MemoryStore['objects'];
let writes: string[];
beforeEach(() => {
  store = memoryStore();
  ({ objects, writes } = store);
});

const orders = { name: 'orders', namespace: 'shop' };
const acquirer = { name: 'acquirer', namespace: 'partner' };
const roles = () => objects.get('Secret postgres/postgres-roles')?.values ?? {};
const url = ({ name, namespace }: typeof orders) => objects.get(`Secret ${namespace}/postgres-${name}`)?.values.url;
const urlWith = (password: string) => `postgres://orders:${password}@postgres.postgres.svc.cluster.local:5432/orders`;

describe('the passwords of databases', () => {
  test('include one for the exporter, which only Postgres has', async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect(roles().monitoring).toMatch(/^[0-9a-f]{48}$/);
    expect([...objects.keys()].filter((key) => key.includes('monitoring'))).toEqual([]);
  });

  test('are made once, each service with its own, and a second run writes nothing', async () => {
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const made = roles();
    expect(made.orders).toMatch(/^[0-9a-f]{48}$/);
    expect(made.orders).not.toBe(made.acquirer);
    expect(url(orders)).toBe(urlWith(made.orders ?? ''));
    writes.length = 0;
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    expect(writes).toEqual([]);
    expect(roles()).toEqual(made);
  });

  test('stay when a service is removed, because its role and data stay, too', async () => {
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const before = roles();
    await ensureDatabasePasswords(store, [orders, { name: 'new', namespace: 'shop' }], 'authority');
    expect(roles()).toMatchObject(before);
  });

  test('stay when a service is added', async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    const before = { password: roles().orders, url: url(orders) };
    await ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    expect({ password: roles().orders, url: url(orders) }).toEqual(before);
    expect(url(acquirer)).toContain(roles().acquirer);
  });

  test('that a chart of an earlier version made are kept, and taken out of its hands before its upgrade', async () => {
    const ofHelm = (values: Record<string, string>) => ({ values, version: '0', isKept: false });
    objects.set('Secret postgres/postgres-roles', ofHelm({ orders: 'aB3xY' }));
    objects.set('Secret shop/postgres-orders', ofHelm({ url: urlWith('aB3xY') }));
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect(roles().orders).toBe('aB3xY');
    expect(url(orders)).toBe(urlWith('aB3xY'));
    expect([...objects.values()].map(({ isKept }) => isKept)).toEqual([true, true, true]);
  });

  test.each(['postgres/postgres-roles', 'shop/postgres-orders'])('survive the loss of the Secret %s', async (lost) => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    const before = { password: roles().orders, url: url(orders) };
    objects.delete(`Secret ${lost}`);
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect({ password: roles().orders, url: url(orders) }).toEqual(before);
  });

  test('that someone changes in postgres-roles reach the service', async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    objects.set('Secret postgres/postgres-roles', { values: { orders: 'n/w' }, version: 'x', isKept: true });
    await ensureDatabasePasswords(store, [orders], 'authority');
    expect(url(orders)).toBe(urlWith('n%2Fw'));
  });

  test('are those of one run if two run at the same time', async () => {
    const run = () => ensureDatabasePasswords(store, [orders, acquirer], 'authority');
    const results = await Promise.allSettled([run(), run()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await run();
    expect(url(orders)).toContain(roles().orders);
    expect(url(acquirer)).toContain(roles().acquirer);
  });
});

describe('the migrator of a service', () => {
  test('has a password and a Secret of its own, in the namespace of the service', async () => {
    await ensureDatabasePasswords(store, [acquirer], 'authority');
    const made = roles();
    expect(made['acquirer-migrator']).not.toBe(made.acquirer);
    expect(objects.get('Secret partner/postgres-acquirer-migrator')?.values).toEqual({
      url: `postgres://acquirer-migrator:${made['acquirer-migrator']}@${DATABASE_HOST}:5432/acquirer`,
      'ca.crt': 'authority',
    });
  });
});

describe('the certificate of a simulated partner', () => {
  const wanted = { partner: 'bank', namespace: 'partner', host: 'bank.example', authority: 'bank-ca', callers: 'shop' };
  const parts = () => ({
    authority: objects.get('ConfigMap shop/bank-ca')?.values['ca.crt'] ?? '',
    certificate: objects.get('Secret partner/bank-tls')?.values['tls.crt'] ?? '',
  });

  test('is for its host, signed by the authority that its callers trust, and made once', async () => {
    await ensurePartnerCertificate(store, wanted);
    const made = parts();
    const certificate = new X509Certificate(made.certificate);
    const authority = new X509Certificate(made.authority);
    expect(certificate.checkHost('bank.example')).toBe('bank.example');
    expect(certificate.checkHost('other.example')).toBeUndefined();
    expect(authority.ca).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    await ensurePartnerCertificate(store, wanted);
    expect(parts()).toEqual(made);
    expect(writes).toHaveLength(2);
  });

  test('is made again if the authority is gone, so that both come from one pair', async () => {
    await ensurePartnerCertificate(store, wanted);
    objects.delete('ConfigMap shop/bank-ca');
    await ensurePartnerCertificate(store, wanted);
    const { certificate, authority } = parts();
    expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
  });

  test('is made again if it has expired, is for another host, or is not of the authority', async () => {
    const changes = {
      expired: () => vi.setSystemTime(Date.now() + 366 * 86_400_000),
      renamed: () => ({ ...wanted, host: 'other.example' }),
      foreign: () => objects.set('ConfigMap shop/bank-ca', other),
      withoutKey: () => {
        const secret = objects.get('Secret partner/bank-tls') as Current;
        return objects.set('Secret partner/bank-tls', { ...secret, values: { ...secret.values, 'tls.key': 'none' } });
      },
      broken: () => objects.set('ConfigMap shop/bank-ca', { ...other, values: { 'ca.crt': 'none' } }),
    };
    await ensurePartnerCertificate(store, wanted);
    const other = objects.get('ConfigMap shop/bank-ca') as Current;
    for (const change of Object.values(changes)) {
      objects.clear();
      await ensurePartnerCertificate(store, wanted);
      const before = parts().certificate;
      const result = change();
      await ensurePartnerCertificate(store, 'host' in result ? result : wanted);
      vi.useRealTimers();
      const { certificate, authority } = parts();
      expect(certificate).not.toBe(before);
      expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
    }
  });
});

test('no chart of ours makes anything random or asks the cluster, so that each render of it is the same', () => {
  const charts = readdirSync(join(root, 'charts'), { recursive: true, encoding: 'utf8' });
  const templates = charts.filter((file) => file.includes('/templates/'));
  expect(templates.length).toBeGreaterThan(5);
  const impure = templates.filter((file) => {
    const path = join(root, 'charts', file);
    return /\b(rand[A-Z]\w*|gen[A-Z]\w*|lookup|uuidv4|now|derivePassword|htpasswd|bcrypt|encryptAES)\b/.test(
      (readFileSync(path, 'utf8').match(/\{\{[\s\S]*?\}\}/g) ?? []).join(' '),
    );
  });
  expect(impure).toEqual([]);
});
