import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { services } from '../harness/names.ts';
import { effectiveRequest, expectedRequests, sum, surgeOf, TWO_CPUS } from './cpu-requests.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-cpu-'));
const manifestsOf = (environment: string) => join(folder, environment);
beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'synth', '--', '--out', folder], { cwd: root });
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['native', 'kind'] as const)(
  'all pods on %s fit two CPUs, even while every service is rolled out',
  (target) => {
    const surge = surgeOf(manifestsOf('dev'));
    expect(Object.keys(surge)).toEqual(expect.arrayContaining([...services]));
    const running = expectedRequests(target, manifestsOf('dev'));
    expect(
      Object.values(running).filter((milli) => !(milli > 0)),
      JSON.stringify(running),
    ).toEqual([]);
    expect(sum(running) + sum(surge), JSON.stringify(running)).toBeLessThanOrEqual(TWO_CPUS);
  },
);

it('pods with live code request no more than pods with the code of an image', () => {
  expect(surgeOf(manifestsOf('sync'))).toEqual(surgeOf(manifestsOf('dev')));
});

it('a pod requests the sum of its containers and sidecars, or more if an init container needs more', () => {
  const container = (cpu: string, restartPolicy?: string) => ({
    name: cpu,
    resources: { requests: { cpu } },
    ...(restartPolicy && { restartPolicy }),
  });
  const containers = [container('100m'), container('1')];
  expect(effectiveRequest({ containers })).toBe(1_100);
  expect(effectiveRequest({ containers, initContainers: [container('30m', 'Always'), container('50m')] })).toBe(1_130);
  expect(effectiveRequest({ containers, initContainers: [container('30m', 'Always'), container('2')] })).toBe(2_030);
});
