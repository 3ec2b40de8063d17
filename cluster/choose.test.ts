import { expect, test } from 'vitest';
import { type Candidate, pickCluster } from './choose.ts';
import type { Cluster } from './cluster.ts';
import { readSettings } from './settings.ts';

const candidate = (target: Cluster['target'], context?: string): Candidate => ({
  cluster: { target, ...(context && { context }) } as Cluster,
  found: { state: 'running', ports: { ingress: 8080, jaeger: 16686 } },
});
const [native, kind, mine] = [candidate('native'), candidate('kind'), candidate('existing', 'kind-mine')];

test('without a wish the cluster that is there is used, and none where there is none', () => {
  expect(pickCluster(readSettings({}), [kind])).toBe(kind);
  expect(pickCluster(readSettings({}), [mine])).toBe(mine);
  expect(pickCluster(readSettings({}), [])).toBeUndefined();
});

test('a wish that the cluster fits is no other', () => {
  expect(pickCluster(readSettings({ CLUSTER: 'native' }), [native])).toBe(native);
  expect(pickCluster(readSettings({ KUBE_CONTEXT: 'kind-mine' }), [mine])).toBe(mine);
});

test.each([
  [{ CLUSTER: 'kind' }, [native], /cluster is native, not kind: run `make down` first/],
  [{ CLUSTER: 'native' }, [kind], /cluster is kind, not native/],
  [{ KUBE_CONTEXT: 'staging' }, [kind], /cluster is kind, not staging/],
  [{ KUBE_CONTEXT: 'staging' }, [mine], /cluster is kind-mine, not staging/],
  [{}, [kind, native], /cluster is native, not kind/],
] as const)('with %j another cluster of this checkout is an error, not abandoned', (env, there, error) => {
  expect(() => pickCluster(readSettings(env), there)).toThrow(error);
});
