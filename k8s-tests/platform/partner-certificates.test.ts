import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readManifests } from '../../cdk8s/testing/read-manifests.ts';
import { topology } from '../../cdk8s/topology.ts';
import { partnerCertificates } from '../../cluster/deploy/partner-certificates.ts';
import { root } from '../../cluster/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-partners-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the manifests ask for a certificate for each external service of the topology, and for no other', () => {
  execFileSync('npm', ['run', '--silent', 'synth', '--', '--env', 'dev', '--out', folder], { cwd: root });
  const expected = Object.entries(topology.services).flatMap(([partner, service]) =>
    'external' in service
      ? {
          partner,
          namespace: service.namespace,
          host: service.external.host,
          authority: service.external.ca,
          callers: 'shop',
        }
      : [],
  );
  expect(expected).not.toEqual([]);
  expect(partnerCertificates(readManifests(join(folder, 'dev')))).toEqual(expected);
});
