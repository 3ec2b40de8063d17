import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { topologyIn } from '../model/topology-in.ts';
import { topology } from '../topology.ts';
import { prerequisites } from './prerequisites.ts';

const lines = prerequisites(topologyIn(environments.prod, topology));

test('prod needs the Secrets of its own databases, and the authority of its partner', () => {
  expect(lines).toContain('Secret shop/postgres-orders-migrator: url, ca.crt');
  expect(lines).toContain('ConfigMap shop/acquirer-ca: ca.crt');
  expect(lines.join()).not.toContain('postgres-acquirer');
});

test('prod needs all of Istio, and what monitors it', () => {
  expect(lines).toContainEqual(expect.stringMatching(/Istio with its CRDs.* CNI agent/));
  expect(lines).toContainEqual(expect.stringContaining('jaeger-collector.observability'));
  expect(lines).toContainEqual(expect.stringContaining('observability/prometheus'));
});

test('docs/kubectl-apply.md explains each of them', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/kubectl-apply.md'), 'utf8');
  const [, section = ''] = document.split('## For customers');
  for (const line of lines) {
    const what = line.replace(/postgres-\S+:/, 'postgres-<role>:').split(/[:,]/)[0] ?? '';
    expect(section.replaceAll('`', '').replaceAll(/\s+/g, ' ')).toContain(what);
  }
});
