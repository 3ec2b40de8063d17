import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { prepareDatabaseCertificate } from './database-certificate.ts';
import { DATABASE_HOST, ensureDatabasePasswords } from './database-passwords.ts';
import { type MemoryStore, memoryStore } from './testing.ts';

let store: MemoryStore;
let objects: MemoryStore['objects'];
let writes: string[];
beforeEach(() => {
  store = memoryStore();
  ({ objects, writes } = store);
});

const orders = { name: 'orders', namespace: 'shop' };

describe('the certificate of Postgres', () => {
  const ensure = async () => {
    const certificate = await prepareDatabaseCertificate(store);
    await ensureDatabasePasswords(store, [orders], certificate.authorities);
    await certificate.store();
  };
  const parts = () => ({
    certificate: objects.get('Secret postgres/postgres-tls')?.values['tls.crt'] ?? '',
    trusted: objects.get('Secret shop/postgres-orders')?.values['ca.crt'] ?? '',
  });
  const authoritiesIn = (pem: string) =>
    (pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []).map((one) => new X509Certificate(one));

  test('is for the host of the URLs, of the authority that clients get, and made once', async () => {
    await ensure();
    const { certificate, trusted } = parts();
    expect(new X509Certificate(certificate).checkHost(DATABASE_HOST)).toBe(DATABASE_HOST);
    expect(authoritiesIn(trusted).map(({ publicKey }) => new X509Certificate(certificate).verify(publicKey))).toEqual([
      true,
    ]);
    writes.length = 0;
    await ensure();
    expect(writes).toEqual([]);
  });

  test('is renewed 60 days before its end, and clients trust the old and the new one before Postgres has it', async () => {
    await ensure();
    const before = parts();
    vi.setSystemTime(Date.now() + 306 * 86_400_000);
    writes.length = 0;
    await ensure();
    vi.useRealTimers();
    const { certificate, trusted } = parts();
    expect(certificate).not.toBe(before.certificate);
    const trusts = (pem: string) =>
      authoritiesIn(trusted).some(({ publicKey }) => new X509Certificate(pem).verify(publicKey));
    expect([trusts(certificate), trusts(before.certificate)]).toEqual([true, true]);
    expect(writes.indexOf('Secret shop/postgres-orders')).toBeLessThan(writes.indexOf('Secret postgres/postgres-tls'));
  });

  test('that cannot be read is made again, without its authority', async () => {
    objects.set('Secret postgres/postgres-tls', { values: { 'ca.crt': 'none' }, version: '0', isKept: true });
    await ensure();
    expect(authoritiesIn(parts().trusted)).toHaveLength(1);
  });
});
