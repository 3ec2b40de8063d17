import type { Cluster } from './cluster.ts';
import { waitForLivePolicy } from './envoy.ts';
import { policyOfHttpRoute } from './route-policy.ts';
import { changeRoute, findRoute, type RouteChange, type RouteRef, replaceRoute } from './virtual-service.ts';

/**
 * Edits of VirtualServices by route name (`<caller>.<Rpc>`), as a person would make them with kubectl. Each is in effect in
 * the caller's sidecars when `patch` returns, and undone by `restore`.
 */
export class RoutePatches {
  private readonly cluster: Cluster;
  private readonly originals: RouteRef[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async patch(virtualService: string, routeName: string, change: RouteChange): Promise<void> {
    const original = await findRoute(this.cluster, virtualService, routeName);
    // Kept before the edit, so that one that fails half-way is undone as well.
    this.originals.push(original);
    await this.apply(changeRoute(original, change));
  }

  /** Undoes all patches, the newest first, and waits until that is in effect. */
  async restore(): Promise<void> {
    for (let last = this.originals.pop(); last !== undefined; last = this.originals.pop()) await this.apply(last);
  }

  private async apply(ref: RouteRef): Promise<void> {
    const { name = '' } = ref.route;
    const caller = name.slice(0, name.indexOf('.'));
    await replaceRoute(this.cluster, ref);
    await waitForLivePolicy(this.cluster, caller, name, policyOfHttpRoute(ref.route));
  }
}
