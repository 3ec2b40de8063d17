import { z } from 'zod';
import { meshNamespaceOf } from '../../cdk8s/model/addresses.ts';
import type { Topology } from '../../cdk8s/model/topology.ts';
import type { Cluster } from './cluster.ts';
import { listObjects, patchObject } from './live-objects.ts';

const listSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      spec: z.object({
        trafficPolicy: z
          .object({ outlierDetection: z.object({ maxEjectionPercent: z.number() }).optional() })
          .optional(),
      }),
    }),
  ),
});

interface Limit {
  readonly namespace: string;
  readonly name: string;
  readonly maxEjectionPercent: number;
}

/** So low that no callee here has enough endpoints for an ejection. Zero would be Envoy's default, 10. */
export const NO_EJECTION_PERCENT = 1;

/**
 * Turns the ejections of a topology's breakers off and on. All other numbers stay. Each time, Envoy rebuilds its
 * clusters, so no endpoint is ejected and every count starts from zero.
 */
export class EjectionSwitch {
  private readonly cluster: Cluster;
  private readonly namespaces: readonly string[];
  private originals: readonly Limit[] = [];

  constructor(cluster: Cluster, topology: Topology) {
    this.cluster = cluster;
    this.namespaces = [...new Set(Object.values(topology.services).map(meshNamespaceOf))];
  }

  /** Resolves once the API server has the change. The proxies get it later. */
  async off(): Promise<void> {
    if (this.originals.length > 0) throw new Error('ejections are off already');
    this.originals = await this.limits();
    await this.write(this.originals.map((limit) => ({ ...limit, maxEjectionPercent: NO_EJECTION_PERCENT })));
  }

  /** Does nothing if the ejections are on. */
  async on(): Promise<void> {
    await this.write(this.originals);
    this.originals = [];
  }

  private async limits(): Promise<readonly Limit[]> {
    const lists = await Promise.all(
      this.namespaces.map((namespace) => listObjects(this.cluster, { plural: 'destinationrules', namespace })),
    );
    const items = lists.flatMap((list) => listSchema.parse(list).items);
    return items.flatMap(({ metadata, spec }) => {
      const detection = spec.trafficPolicy?.outlierDetection;
      return detection ? [{ ...metadata, maxEjectionPercent: detection.maxEjectionPercent }] : [];
    });
  }

  private async write(limits: readonly Limit[]): Promise<void> {
    const path = '/spec/trafficPolicy/outlierDetection/maxEjectionPercent';
    await Promise.all(
      limits.map(({ namespace, name, maxEjectionPercent: value }) =>
        patchObject(this.cluster, { plural: 'destinationrules', namespace, name }, [{ op: 'replace', path, value }]),
      ),
    );
  }
}
