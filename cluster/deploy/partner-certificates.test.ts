import { expect, test } from 'vitest';
import { partnerCertificates } from './partner-certificates.ts';

const host = 'bank.example';
const entry = (address: string, location = 'MESH_EXTERNAL') => ({
  kind: 'ServiceEntry',
  metadata: { name: 'bank', namespace: 'shop' },
  spec: { hosts: [host], location, endpoints: [{ address }] },
});
const rule = (tls: { caCertificates?: string }) => ({
  kind: 'DestinationRule',
  metadata: { name: 'bank', namespace: 'shop' },
  spec: { host, trafficPolicy: { tls } },
});
const trusting = rule({ caCertificates: '/etc/partner-ca/bank-ca/ca.crt' });

test('a simulated partner gets a certificate for its host, of the authority that its callers trust', () => {
  expect(partnerCertificates([entry('bank.partner.svc.cluster.local'), trusting])).toEqual([
    { partner: 'bank', namespace: 'partner', host, authority: 'bank-ca', callers: 'shop' },
  ]);
});

test('a real partner brings its own certificate, and a service of the mesh needs none', () => {
  expect(partnerCertificates([entry('192.0.2.1'), trusting])).toEqual([]);
  expect(partnerCertificates([entry('bank.shop.svc.cluster.local', 'MESH_INTERNAL'), trusting])).toEqual([]);
});

test('a simulated partner without a named authority is an error that names its host', () => {
  expect(() => partnerCertificates([entry('bank.partner.svc.cluster.local'), rule({})])).toThrow('bank.example');
});
