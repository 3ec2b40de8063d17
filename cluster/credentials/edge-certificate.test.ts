import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { ensureEdgeCertificate } from './edge-certificate.ts';
import { memoryStore } from './testing.ts';

afterEach(() => vi.useRealTimers());

const title = 'Secret istio-system/edge-tls';
const own = { kind: 'own' } as const;

test("the gateway's certificate is for this machine, of the authority beside it, and made once", async () => {
  const { objects, writes, ...store } = memoryStore();
  await ensureEdgeCertificate(store, own);
  const values = objects.get(title)?.values;
  const certificate = new X509Certificate(values?.['tls.crt'] ?? '');
  expect(certificate.checkHost('localhost')).toBe('localhost');
  for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.checkHost('shop.windlass.example')).toBeUndefined();
  expect(certificate.verify(new X509Certificate(values?.['ca.crt'] ?? '').publicKey)).toBe(true);
  await ensureEdgeCertificate(store, own);
  expect(writes).toEqual([title]);
});

test('it is renewed 60 days before its end', async () => {
  const { objects, writes, ...store } = memoryStore();
  await ensureEdgeCertificate(store, own);
  const first = objects.get(title)?.values['tls.crt'];
  vi.setSystemTime(Date.now() + 306 * 86_400_000);
  await ensureEdgeCertificate(store, own);
  expect(writes).toEqual([title, title]);
  expect(objects.get(title)?.values['tls.crt']).not.toBe(first);
});

test('in the mesh of others it is where our own gateway is', async () => {
  const { writes, ...store } = memoryStore();
  await ensureEdgeCertificate(store, { kind: 'shared' });
  expect(writes).toEqual(['Secret windlass-ingress/edge-tls']);
});
