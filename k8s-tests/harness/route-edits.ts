import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { readDurationMs } from './envoy.ts';
import { readRouteNamed } from './envoy-route.ts';
import { eventually } from './eventually.ts';
import { type MeshObjectRef, patchObject, readObject } from './live-objects.ts';

/** The part of a VirtualService's HTTP route that this file edits. */
interface HttpRoute {
  readonly name?: string;
  readonly timeout?: string;
  readonly retries?: { readonly attempts?: number };
}

/** An HTTP route of a VirtualService in `shop`, and its index there. */
export interface RouteRef {
  readonly virtualService: string;
  readonly index: number;
  readonly route: HttpRoute;
}

/** An edit of a route. The other fields stay. */
export interface RouteChange {
  readonly timeoutMs?: number;
  /** 0 replaces all of `retries`: Istio rejects retry conditions without attempts. */
  readonly attempts?: number;
}

const virtualServiceSchema = z.object({ spec: z.object({ http: z.array(z.custom<HttpRoute>()) }) });

const refOf = (name: string): MeshObjectRef => ({ plural: 'virtualservices', namespace: 'shop', name });

/** Returns the route with this name. The error lists the existing names. */
export async function findRoute(cluster: Cluster, virtualService: string, routeName: string): Promise<RouteRef> {
  const routes = virtualServiceSchema.parse(await readObject(cluster, refOf(virtualService))).spec.http;
  const index = routes.findIndex(({ name }) => name === routeName);
  const route = routes[index];
  if (route === undefined) {
    const names = routes.map(({ name }) => name).join(', ');
    throw new Error(`VirtualService ${virtualService} has no route ${routeName}, only ${names}`);
  }
  return { virtualService, index, route };
}

/** Replaces the route with the same name. */
export async function replaceRoute(cluster: Cluster, { virtualService, index, route }: RouteRef): Promise<void> {
  const path = `/spec/http/${index}`;
  await patchObject(cluster, refOf(virtualService), [
    { op: 'test', path: `${path}/name`, value: route.name },
    { op: 'replace', path, value: route },
  ]);
}

export function changeRoute(found: RouteRef, { timeoutMs, attempts }: RouteChange): RouteRef {
  const { retries } = found.route;
  return {
    ...found,
    route: {
      ...found.route,
      ...(timeoutMs === undefined ? {} : { timeout: `${timeoutMs}ms` }),
      ...(attempts === undefined ? {} : { retries: attempts === 0 ? { attempts } : { ...retries, attempts } }),
    },
  };
}

/** The timeout of a route; null if it states none, as in Envoy. */
export function timeoutMsOf({ route: { timeout } }: RouteRef): number | null {
  return timeout === undefined ? null : readDurationMs(timeout) || null;
}

/**
 * Edits VirtualServices by route name (`<caller>.<Rpc>`), as an operator would with kubectl. The caller's sidecars
 * apply an edit before `patch` resolves, and `restore` reverts it.
 */
export class RouteEdits {
  private readonly cluster: Cluster;
  private readonly originals: RouteRef[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async patch(virtualService: string, routeName: string, change: RouteChange): Promise<void> {
    const original = await findRoute(this.cluster, virtualService, routeName);
    // Stored before the edit, so that `restore` also reverts an edit that fails.
    this.originals.push(original);
    await this.apply(changeRoute(original, change));
  }

  /** Reverts all edits, newest first, and waits until the sidecars apply that. */
  async restore(): Promise<void> {
    for (let last = this.originals.pop(); last !== undefined; last = this.originals.pop()) await this.apply(last);
  }

  private async apply(ref: RouteRef): Promise<void> {
    await replaceRoute(this.cluster, ref);
    await eventually(() => this.expectLive(ref), { timeoutMs: 10_000, intervalMs: 50 });
  }

  /** Waits for the sidecars of all ready pods of the caller. A route without retries in its spec has none in Envoy. */
  private async expectLive(ref: RouteRef): Promise<void> {
    const { name = '', retries } = ref.route;
    const caller = name.slice(0, name.indexOf('.'));
    const wanted = { timeoutMs: timeoutMsOf(ref), attempts: retries?.attempts ?? 0 };
    const pods = await this.cluster.readyPods('shop', `app=${caller}`);
    if (pods.length === 0) throw new Error(`no ready pod of ${caller}`);
    for (const pod of pods) {
      const live = await readRouteNamed(this.cluster, pod, name);
      const attempts = live.retries?.attempts ?? 0;
      if (live.timeoutMs !== wanted.timeoutMs || attempts !== wanted.attempts)
        throw new Error(
          `${pod.name} has ${live.timeoutMs} ms and ${attempts} retries on ${name}, expected ${JSON.stringify(wanted)}`,
        );
    }
  }
}
