import { z } from 'zod';
import type { Cluster } from '../harness/cluster.ts';

/** The CPU seconds that containers have used since their start, by purpose. */
export interface CpuUse {
  readonly services: number;
  /** All Envoys, including the gateway's. */
  readonly sidecars: number;
  /** Kafka, Postgres, Jaeger and istiod, without Kubernetes itself. */
  readonly platform: number;
}

const summarySchema = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ namespace: z.string(), name: z.string() }),
      containers: z
        .array(z.object({ name: z.string(), cpu: z.object({ usageCoreNanoSeconds: z.number() }).optional() }))
        .default([]),
    }),
  ),
});

const serviceNamespaces = new Set(['shop', 'partner']);
const platformNamespaces = new Set(['postgres', 'observability', 'istio-system']);

/** Reads the kubelets' statistics of all containers. */
export async function readCpuUse(cluster: Cluster): Promise<CpuUse> {
  const use = { services: 0, sidecars: 0, platform: 0 };
  const { items } = await cluster.core.listNode();
  for (const { metadata } of items) {
    // The type is string, but the client parses JSON.
    const answer: unknown = await cluster.core.connectGetNodeProxyWithPath({
      name: metadata?.name ?? '',
      path: 'stats/summary',
    });
    for (const { podRef, containers } of summarySchema.parse(answer).pods) {
      for (const { name, cpu } of containers) {
        const kind = kindOf(podRef, name);
        if (kind !== undefined) use[kind] += (cpu?.usageCoreNanoSeconds ?? 0) / 1e9;
      }
    }
  }
  return use;
}

/** @returns undefined if the container does no work for orders */
function kindOf(
  { namespace, name: pod }: { namespace: string; name: string },
  container: string,
): keyof CpuUse | undefined {
  if (container === 'istio-proxy') return 'sidecars';
  if (serviceNamespaces.has(namespace)) return pod.startsWith('events-') ? 'platform' : 'services';
  return platformNamespaces.has(namespace) ? 'platform' : undefined;
}

export function cpuBetween(before: CpuUse, after: CpuUse): CpuUse {
  return {
    services: after.services - before.services,
    sidecars: after.sidecars - before.sidecars,
    platform: after.platform - before.platform,
  };
}
