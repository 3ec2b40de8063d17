import { z } from 'zod';
import { GATEWAY } from '../../cdk8s/model/topology.ts';
import type { RequestTarget } from './caller-program.ts';
import type { Cluster } from './cluster.ts';
import { askEnvoy, readDurationMs } from './envoy.ts';
import type { PodRef } from './names.ts';

/** A route of a proxy in Envoy, with Envoy's defaults for missing values. `null`: no such bound. */
export interface EnvoyRoute {
  readonly name: string;
  /** The name of the route's cluster. */
  readonly cluster: string;
  /** The required method; undefined if the route accepts any. */
  readonly method: string | undefined;
  /** An exact path, or a pattern in which `{}` is one segment. */
  readonly path: string;
  /** The timeout of the whole call with all its attempts. */
  readonly timeoutMs: number | null;
  readonly retries: {
    /** The number of attempts after the first one. */
    readonly attempts: number;
    /** Sorted. */
    readonly conditions: readonly string[];
    readonly perTryTimeoutMs: number | null;
    readonly backoffMs: number;
    readonly longestBackoffMs: number;
  } | null;
}

const durationMs = z.string().transform(readDurationMs);

/** Whole paths and regular expressions only, because the mapping emits no other match. */
const routeSchema = z.object({
  name: z.string().default(''),
  match: z.object({
    path: z.string().optional(),
    safe_regex: z.object({ regex: z.string() }).optional(),
    prefix: z.string().optional(),
    headers: z.array(z.object({ name: z.string(), string_match: z.object({ exact: z.string() }) })).default([]),
  }),
  route: z
    .object({
      cluster: z.string(),
      timeout: durationMs.default(15_000),
      retry_policy: z
        .object({
          retry_on: z.string().default(''),
          num_retries: z.number().default(1),
          per_try_timeout: durationMs.default(0),
          retry_back_off: z
            .object({ base_interval: durationMs, max_interval: durationMs.optional() })
            .default({ base_interval: 25 }),
        })
        .optional(),
    })
    .optional(),
});

type Route = z.infer<typeof routeSchema>;

/**
 * Reads one route.
 *
 * @param config as in Envoy's config dump
 * @returns undefined if the route has no cluster
 */
export function readRoute(config: unknown): EnvoyRoute | undefined {
  const route = routeSchema.parse(config);
  return leadsToCluster(route) ? toEnvoyRoute(route) : undefined;
}

const dumpSchema = z.object({
  configs: z
    .array(
      z.object({
        route_config: z.object({
          virtual_hosts: z.array(z.object({ name: z.string(), routes: z.array(z.unknown()).default([]) })).default([]),
        }),
      }),
    )
    .default([]),
});

/** Reads the route that the pod's proxy uses for this target: the first match. Throws if there is none. */
export async function readRouteOf(
  cluster: Cluster,
  pod: PodRef,
  caller: string,
  target: RequestTarget,
): Promise<EnvoyRoute> {
  const virtualHost = caller === GATEWAY ? '*:80' : `${target.host}:${target.port}`;
  const routes = await readRoutes(cluster, pod, (name) => name === virtualHost);
  const found = routes.find(({ match }) => matches(match, target));
  if (found) return toEnvoyRoute(found);
  throw new Error(`${pod.name} has no route for ${target.method} ${target.path} on ${virtualHost}`);
}

/** Reads the route with this name from the pod's proxy. Throws if there is none. */
export async function readRouteNamed(cluster: Cluster, pod: PodRef, routeName: string): Promise<EnvoyRoute> {
  const found = (await readRoutes(cluster, pod, () => true)).find(({ name }) => name === routeName);
  if (found) return toEnvoyRoute(found);
  throw new Error(`the proxy of ${pod.name} has no route named ${routeName}`);
}

type RouteToCluster = Route & { readonly route: NonNullable<Route['route']> };

function leadsToCluster(one: Route): one is RouteToCluster {
  return one.route !== undefined;
}

async function readRoutes(
  cluster: Cluster,
  pod: PodRef,
  ofHost: (virtualHost: string) => boolean,
): Promise<RouteToCluster[]> {
  const dump = dumpSchema.parse(await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_route_configs'));
  return dump.configs
    .flatMap(({ route_config }) => route_config.virtual_hosts)
    .filter(({ name }) => ofHost(name))
    .flatMap(({ routes }) => routes.map((one) => routeSchema.parse(one)))
    .filter(leadsToCluster);
}

function matches({ path, safe_regex, prefix, headers }: Route['match'], target: RequestTarget): boolean {
  const found =
    path === target.path ||
    (prefix !== undefined && target.path.startsWith(prefix)) ||
    (safe_regex !== undefined && new RegExp(`^(?:${safe_regex.regex})$`).test(target.path));
  return found && headers.every(({ name, string_match }) => name === ':method' && string_match.exact === target.method);
}

function toEnvoyRoute({ name, match, route: { cluster, timeout, retry_policy } }: RouteToCluster): EnvoyRoute {
  return {
    name,
    cluster,
    method: match.headers.find((header) => header.name === ':method')?.string_match.exact,
    path: match.path ?? match.safe_regex?.regex.replaceAll('[^/]{1,200}', '{}').replaceAll('\\.', '.') ?? '',
    timeoutMs: timeout || null,
    retries: retry_policy === undefined || retry_policy.num_retries === 0 ? null : toRetries(retry_policy),
  };
}

function toRetries(live: NonNullable<RouteToCluster['route']['retry_policy']>): EnvoyRoute['retries'] {
  const { base_interval: backoffMs, max_interval: maxMs = 10 * backoffMs } = live.retry_back_off;
  const pauses = Array.from({ length: live.num_retries }, (_, retry) => Math.min(backoffMs * 2 ** retry, maxMs));
  return {
    attempts: live.num_retries,
    conditions: live.retry_on.split(',').sort(),
    perTryTimeoutMs: live.per_try_timeout || null,
    backoffMs,
    longestBackoffMs: pauses.reduce((sum, pause) => sum + pause, 0),
  };
}
