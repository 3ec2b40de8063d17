/** What prod has that no other environment has. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { synthesizeAll } from '../testing/synthesize-all.ts';
import { topology } from '../topology.ts';

const { read } = synthesizeAll();

test('prod has no fault injection', () => {
  expect(environments.prod.faults).toBe('off');
});

describe('the partner of prod', () => {
  const manifests = read('prod');
  const specOf = (kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)?.spec;
  const { host, port, addresses } = environments.prod.partners.acquirer;

  test('is nothing that runs in the cluster', () => {
    expect(manifests.filter(({ metadata }) => metadata.namespace === 'partner' || metadata.name === 'partner')).toEqual(
      [],
    );
    expect(manifests.flatMap(({ kind, metadata }) => (metadata.name === 'acquirer' ? [kind] : []))).toEqual([
      'ServiceEntry',
      'VirtualService',
      'DestinationRule',
    ]);
  });

  test('is its own host, with TLS by its name and by its authority only', () => {
    expect(specOf('ServiceEntry', 'acquirer')).toMatchObject({
      hosts: [host],
      location: 'MESH_EXTERNAL',
      endpoints: [{ address: host, ports: { http: port } }],
    });
    expect(specOf('DestinationRule', 'acquirer')).toMatchObject({
      host,
      trafficPolicy: {
        tls: {
          mode: 'SIMPLE',
          sni: host,
          subjectAltNames: [host],
          caCertificates: '/etc/partner-ca/acquirer-ca/ca.crt',
        },
      },
    });
    expect(JSON.stringify(specOf('Sidecar', 'payments'))).toContain(`shop/${host}`);
    expect(JSON.stringify(specOf('Deployment', 'payments'))).toContain(`"value":"http://${host}"`);
  });

  test('is reached by its caller only, at its addresses and its port only', () => {
    expect(namesReaching(addresses, port)).toEqual(['payments']);
  });
});

/** The NetworkPolicies of prod that let pods connect to these addresses and port. */
function namesReaching(addresses: readonly string[], port: number): string[] {
  const rule = { to: addresses.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ protocol: 'TCP', port }] };
  return read('prod').flatMap(({ kind, metadata, spec }) =>
    kind === 'NetworkPolicy' && spec.egress?.some((each) => isDeepStrictEqual(each, rule)) ? [metadata.name] : [],
  );
}

test('in prod services and commands reach the addresses of Postgres, and no namespace of it', () => {
  const { port, addresses } = environments.prod.postgres;
  const { acquirer: _, ...services } = topology.services;
  expect(namesReaching(addresses, port)).toEqual([...Object.keys(services), 'commands']);
  expect(read('prod').some(({ metadata }) => metadata.namespace === 'postgres')).toBe(false);
});

test('prod outlives the loss of a node: pods elsewhere, and every acknowledged event on another broker', () => {
  const { replicas, maxUnavailable, spread, kafka } = environments.prod;
  expect(replicas.each).toBeGreaterThan(maxUnavailable);
  expect(spread).toContain('host');
  expect(kafka.brokers).toBeGreaterThanOrEqual(kafka.replication);
  expect(kafka.replication).toBeGreaterThan(kafka.minInSync);
  expect(kafka.minInSync).toBeGreaterThan(1);
});
