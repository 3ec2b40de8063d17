import { dependencyId, methodOf, syncInteractions } from '../model/interactions.ts';
import type { Problem } from '../model/problem.ts';
import { GATEWAY, type Topology } from '../model/topology.ts';

interface Route {
  readonly id: string;
  readonly dependency: string;
  readonly path: string;
  readonly segments: readonly string[];
}

/**
 * A caller's proxy uses the first route whose method and path match. A route after a wider or an equal one never
 * matches, and its policy is never used. At the gateway the routes to all services are in one such list, and its order
 * between services is not stated, so there neither route may cover the other.
 */
export function routesReachable(topology: Topology): Problem[] {
  const lists = Map.groupBy(readRoutes(topology), ({ list }) => list);
  return [...lists.values()].flatMap((routes) => findCovered(routes.map(({ route }) => route)));
}

/**
 * Routes that can get in each other's way are in the same list: of one proxy and, inside the mesh, host; of one method
 * and length.
 */
function readRoutes(topology: Topology): { readonly list: string; readonly route: Route }[] {
  return syncInteractions(topology).flatMap((interaction) => {
    const dependency = dependencyId(interaction);
    const proxy = interaction.caller === GATEWAY ? GATEWAY : dependency;
    return Object.entries(interaction.rpcs).map(([name, rpc]) => {
      const { path } = rpc;
      const segments = path.split('/').map((segment) => (/^\{.*\}$/.test(segment) ? '{}' : segment));
      const route = { id: `${dependency}.${name}`, dependency, path, segments };
      return { list: `${proxy} ${methodOf(rpc)} ${segments.length}`, route };
    });
  });
}

/** Equal paths are found by name; only wide routes, which are few, are compared one by one. */
function findCovered(routes: readonly Route[]): Problem[] {
  const equal = new Map<string, Route>();
  const wide: Route[] = [];
  return routes.flatMap((route) => {
    const key = route.segments.join('/');
    const isWide = route.segments.includes('{}');
    const cover = equal.get(key) ?? wide.find((other) => covers(other, route));
    const covered = isWide
      ? [...equal.values()].find((other) => other.dependency !== route.dependency && covers(route, other))
      : undefined;
    if (cover) return [toProblem(route, cover)];
    equal.set(key, route);
    if (isWide) wide.push(route);
    return covered ? [toProblem(covered, route)] : [];
  });
}

function covers({ segments }: Route, other: Route): boolean {
  return segments.every((segment, place) => segment === '{}' || segment === other.segments[place]);
}

function toProblem(route: Route, before: Route): Problem {
  return {
    subject: route.id,
    value: `path = ${route.path}`,
    rule: 'routes-reachable',
    message: `${before.id} takes these calls with its ${before.path}: put the narrower one first, or give them different paths.`,
  };
}
