import { afterAll, describe, expect, it } from 'vitest';
import {
  type EffectivePolicy,
  readEffectivePolicies,
  VISIBLE_FIELDS,
  type VisiblePolicy,
} from '../../../cdk8s/analysis/effective-policy.ts';
import { portOf } from '../../../cdk8s/model/addresses.ts';
import type { Dependency, RpcWithPolicy } from '../../../cdk8s/model/dependencies.ts';
import { targetOf } from '../../harness/caller.ts';
import { type Cluster, openCluster } from '../../harness/cluster.ts';
import { proxiesOf } from '../../harness/envoy.ts';
import { countEndpoints, readCluster } from '../../harness/envoy-cluster.ts';
import { readInboundRetries } from '../../harness/envoy-inbound.ts';
import { readRouteOf } from '../../harness/envoy-route.ts';
import { eventually } from '../../harness/eventually.ts';
import type { PodRef } from '../../harness/names.ts';
import { dependenciesOf, type Select, type Source } from './source.ts';

/** Proves that each proxy of a caller has the effective policy of every RPC, in all fields that its config shows. */
export function describeLiveConfig(source: Source, select?: Select): void {
  const cluster = openCluster();
  afterAll(() => cluster.close());
  const effective = readEffectivePolicies(source.topology, source.policies, [source.replicas]);

  describe.each(dependenciesOf(source, select))('in every proxy of $caller for $callee', (dependency) => {
    const ofDependency = effective.filter(({ id }) => id.startsWith(`${dependency.id}.`));
    itRetriesInbound(cluster, source, dependency, ofDependency);
    it.each(dependency.rpcs)('the live config is the effective policy of $name', async (call) => {
      const policy = effective.find(({ id }) => id === call.id);
      if (policy === undefined) throw new Error(`${call.id} has no effective policy`);
      await eventually(
        async () => {
          for (const pod of await proxiesOf(cluster, source.topology, dependency.caller)) {
            const live = await readLive(cluster, pod, dependency, call);
            expect({ ...live, inboundRetries: policy.inboundRetries }, pod.name).toEqual(visibleOf(policy));
          }
        },
        { timeoutMs: 2_000 },
      );
    });
  });
}

/** Proves that the callee's own proxies retry at their applications what the effective policies say, and no more. */
function itRetriesInbound(
  cluster: Cluster,
  { topology }: Source,
  { callee, service }: Dependency,
  [policy]: EffectivePolicy[],
): void {
  if (service.external) return;
  it(`each proxy of ${callee} retries no more at its application than is known`, async () => {
    for (const pod of await proxiesOf(cluster, topology, callee)) {
      const live = await readInboundRetries(cluster, pod, portOf(callee, service));
      expect(live, pod.name).toEqual(policy?.inboundRetries);
    }
  });
}

/** What one caller's proxy does with the call, read from its own configuration alone. */
async function readLive(
  cluster: Cluster,
  pod: PodRef,
  dependency: Dependency,
  call: RpcWithPolicy,
): Promise<Record<Exclude<(typeof VISIBLE_FIELDS)[number], 'inboundRetries'>, unknown>> {
  const route = await readRouteOf(cluster, pod, dependency.caller, targetOf(dependency, call));
  const { protocol, external, pool, retryBudget, ejection } = await readCluster(cluster, pod, route.cluster);
  return {
    // gRPC is always POST, and its routes match no method.
    method: route.method ?? (protocol === 'grpc' ? 'POST' : 'any'),
    path: route.path,
    protocol,
    external,
    endpoints: [await countEndpoints(cluster, pod, route.cluster)],
    timeoutMs: route.timeoutMs,
    maxAttempts: 1 + (route.retries?.attempts ?? 0),
    conditions: route.retries?.conditions ?? [],
    perTryTimeoutMs: route.retries?.perTryTimeoutMs ?? null,
    longestBackoffMs: route.retries?.longestBackoffMs ?? 0,
    retryBudget,
    pool,
    ejection,
  };
}

/** The policy's visible fields, in Envoy's spelling. */
function visibleOf(policy: EffectivePolicy): Record<keyof VisiblePolicy, unknown> {
  const visible = Object.fromEntries(VISIBLE_FIELDS.map((field) => [field, policy[field]])) as VisiblePolicy;
  const { ejection } = policy;
  return {
    ...visible,
    path: policy.path.replaceAll(/\{\w+\}/g, '{}'),
    conditions: policy.conditions.toSorted(),
    ejection: ejection && {
      ...ejection,
      maxEjectionPercent: ejection.maxEjectionPercent === 'all' ? 100 : ejection.maxEjectionPercent,
    },
  };
}
