import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import type { HttpRoute } from './route-policy.ts';

/** An HTTP route of a VirtualService in `shop`, and where it stands there. */
export interface RouteRef {
  readonly virtualService: string;
  readonly index: number;
  readonly route: HttpRoute;
}

/** What a person may change on a route; the rest stays. */
export interface RouteChange {
  readonly timeoutMs?: number;
  /** 0 replaces all of `retries`: Istio refuses retry conditions without attempts. */
  readonly attempts?: number;
}

const virtualServiceSchema = z.object({ spec: z.object({ http: z.array(z.custom<HttpRoute>()) }) });

/** The route of that name; fails naming those that are there. */
export async function findRoute(cluster: Cluster, virtualService: string, routeName: string): Promise<RouteRef> {
  const object: unknown = await cluster.custom.getNamespacedCustomObject(addressOf(virtualService));
  const routes = virtualServiceSchema.parse(object).spec.http;
  const index = routes.findIndex(({ name }) => name === routeName);
  const route = routes[index];
  if (route === undefined) {
    const names = routes.map(({ name }) => name).join(', ');
    throw new Error(`VirtualService ${virtualService} has no route ${routeName}, only ${names}`);
  }
  return { virtualService, index, route };
}

/** Puts the route in the place of the one of the same name, as `kubectl patch` would. */
export async function replaceRoute(cluster: Cluster, { virtualService, index, route }: RouteRef): Promise<void> {
  const path = `/spec/http/${index}`;
  await cluster.custom.patchNamespacedCustomObject(
    {
      ...addressOf(virtualService),
      body: [
        { op: 'test', path: `${path}/name`, value: route.name },
        { op: 'replace', path, value: route },
      ],
    },
    setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
  );
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

function addressOf(name: string) {
  return { group: 'networking.istio.io', version: 'v1', namespace: 'shop', plural: 'virtualservices', name };
}
