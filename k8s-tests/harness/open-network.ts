import { afterAll, beforeAll } from 'vitest';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../cluster/kubernetes/objects.ts';
import { kubectl } from './kubectl.ts';
import { namespaceOf, type ServiceName } from './names.ts';

const NAME = 'open-for-tests';

interface Opening {
  readonly name: string;
  readonly namespace: string;
  readonly spec: object;
}

/**
 * Allows every connection of these namespaces while a file's tests run, in clusters that enforce NetworkPolicies. The
 * mesh then causes every rejection that remains. Policies are additive, so one policy that allows all is enough.
 */
export function useOpenNetwork(namespaces: readonly string[]): void {
  const spec = { podSelector: {}, ingress: [{}], egress: [{}] };
  useOpenings(async () => namespaces.map((namespace) => ({ name: NAME, namespace, spec })));
}

/**
 * Gives pods of a test, in the service's namespace with the label `app`, the NetworkPolicy of the service's pods, and
 * lets them reach Postgres.
 */
export function useNetworkOf(service: ServiceName, app: string): void {
  const namespace = namespaceOf(service);
  useOpenings(async () => {
    const live = JSON.parse(await kubectl('-n', namespace, 'get', 'networkpolicy', service, '-o', 'json')) as Opening;
    const name = `${NAME}-${app}`;
    const from = [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: podsOf(app) },
    ];
    return [
      { name, namespace, spec: { ...live.spec, podSelector: podsOf(app) } },
      { name, namespace: 'postgres', spec: { podSelector: podsOf('postgres'), ingress: [{ from }] } },
    ];
  });
}

/** Allows the pods of one service to connect to a port that the tests open in the pods of another service. */
export function useOpenPort(port: number, from: ServiceName, to: ServiceName): void {
  const peer = (service: ServiceName) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespaceOf(service) } },
    podSelector: podsOf(service),
  });
  const ports = [{ protocol: 'TCP', port }];
  useOpenings(async () => [
    {
      name: `${NAME}-from-${from}`,
      namespace: namespaceOf(from),
      spec: { podSelector: podsOf(from), policyTypes: ['Egress'], egress: [{ to: [peer(to)], ports }] },
    },
    {
      name: `${NAME}-to-${to}`,
      namespace: namespaceOf(to),
      spec: { podSelector: podsOf(to), policyTypes: ['Ingress'], ingress: [{ from: [peer(from)], ports }] },
    },
  ]);
}

function podsOf(app: string): object {
  return { matchLabels: { app } };
}

/** Adds policies while a file's tests run, before its own `beforeAll`. They have no effect if none are enforced. */
function useOpenings(make: () => Promise<readonly Opening[]>): void {
  let openings: readonly Opening[] = [];
  beforeAll(async () => {
    openings = await make();
    const policies = openings.map(({ name, namespace, spec }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec,
    }));
    await apply(toStream(policies), `NetworkPolicies ${NAME}`);
  });
  afterAll(async () => {
    for (const { name, namespace } of openings)
      await kubectl('-n', namespace, 'delete', 'networkpolicy', name, '--ignore-not-found');
  });
}
