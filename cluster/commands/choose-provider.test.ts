import { expect, test } from 'vitest';
import type { ClusterProvider } from '../provider.ts';
import { readSettings } from '../settings.ts';
import { type Candidate, pickProvider } from './choose-provider.ts';

const candidate = (target: ClusterProvider['target'], context?: string): Candidate => ({
  provider: { target, ...(context && { context }) } as ClusterProvider,
  found: { state: 'running', ports: { ingress: 8080, ingressTls: 8443, jaeger: 16686, prometheus: 9090 } },
});
const [native, kind, mine] = [candidate('native'), candidate('kind'), candidate('existing', 'kind-mine')];

test('without a setting the existing cluster is used, and none if there is none', () => {
  expect(pickProvider(readSettings({}), [kind])).toBe(kind);
  expect(pickProvider(readSettings({}), [mine])).toBe(mine);
  expect(pickProvider(readSettings({}), [])).toBeUndefined();
});

test('a cluster that fits the settings is used', () => {
  expect(pickProvider(readSettings({ CLUSTER: 'native' }), [native])).toBe(native);
  expect(pickProvider(readSettings({ KUBE_CONTEXT: 'kind-mine' }), [mine])).toBe(mine);
});

test.each([
  [{ CLUSTER: 'kind' }, [native], /cluster is native, not kind: run `make down` first/],
  [{ CLUSTER: 'native' }, [kind], /cluster is kind, not native/],
  [{ KUBE_CONTEXT: 'staging' }, [kind], /cluster is kind, not staging/],
  [{ KUBE_CONTEXT: 'staging' }, [mine], /cluster is kind-mine, not staging/],
  [{}, [kind, native], /cluster is native, not kind/],
] as const)('with %j a different cluster of this checkout is an error and is not abandoned', (env, there, error) => {
  expect(() => pickProvider(readSettings(env), there)).toThrow(error);
});
