import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { sidecarAnnotations } from './sidecar-annotations.ts';

test.each([
  ['in the cluster', 'in-cluster', '4317,5432,9093'],
  ['outside', { port: 6432, addresses: ['10.1.2.3/32'] }, '4317,6432,9093'],
] as const)('the port of a Postgres %s bypasses the sidecar', (_, postgres, ports) => {
  const annotations = sidecarAnnotations({ ...environments.prod, postgres }, []);
  expect(annotations['traffic.sidecar.istio.io/excludeOutboundPorts']).toBe(ports);
});
