import { afterAll, beforeAll } from 'vitest';
import { apply } from '../cluster/kubernetes-tools.ts';
import { kubectl } from './kubectl.ts';

const NAME = 'open-for-tests';

/**
 * Lets every connection of these namespaces through while a file's tests run, where the cluster enforces NetworkPolicies: what
 * is refused all the same is refused by the mesh. Policies add up, so one that allows all is enough.
 */
export function useOpenNetwork(namespaces: readonly string[]): void {
  beforeAll(async () => {
    const policies = namespaces.map((namespace) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: NAME, namespace },
      spec: { podSelector: {}, ingress: [{}], egress: [{}] },
    }));
    await apply(policies.map((policy) => JSON.stringify(policy)).join('\n---\n'), `NetworkPolicy ${NAME}`);
  });
  afterAll(async () => {
    for (const namespace of namespaces)
      await kubectl('-n', namespace, 'delete', 'networkpolicy', NAME, '--ignore-not-found');
  });
}
