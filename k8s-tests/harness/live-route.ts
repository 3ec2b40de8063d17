import { z } from 'zod';
import { GATEWAY } from '../../cdk8s/model/model.ts';
import type { Target } from './caller-program.ts';
import type { Cluster } from './cluster.ts';
import { readDurationMs } from './duration.ts';
import type { PodRef } from './pod-ref.ts';
import { askEnvoy } from './proxies.ts';

/** What a proxy does with one call, as Envoy has it. `null`: it does no such thing. */
export interface RouteNumbers {
  /** For the whole call with all its tries. */
  readonly timeoutMs: number | null;
  readonly retries: {
    readonly attempts: number;
    /** Sorted. */
    readonly conditions: readonly string[];
    readonly perTryTimeoutMs: number | null;
    readonly backoffMs: number;
  } | null;
}

export interface LiveRoute {
  readonly name: string;
  readonly cluster: string;
  readonly numbers: RouteNumbers;
}

const durationMs = z.string().transform(readDurationMs);

/** Envoy's own defaults filled in. Only whole paths and regular expressions: our mapping knows no other match. */
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
          retry_back_off: z.object({ base_interval: durationMs }).default({ base_interval: 25 }),
        })
        .optional(),
    })
    .optional(),
});

type Route = z.infer<typeof routeSchema>;

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

/** The route that the pod's proxy takes for such a call now: the first that matches. Fails when there is none. */
export async function readRouteOf(cluster: Cluster, pod: PodRef, caller: string, target: Target): Promise<LiveRoute> {
  const dump = dumpSchema.parse(await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_route_configs'));
  const virtualHost = caller === GATEWAY ? '*:80' : `${target.host}:${target.port}`;
  const route = dump.configs
    .flatMap(({ route_config }) => route_config.virtual_hosts)
    .filter(({ name }) => name === virtualHost)
    .flatMap(({ routes }) => routes.map((one) => routeSchema.parse(one)))
    .find(({ match }) => matches(match, target));
  if (route?.route === undefined) {
    throw new Error(`${pod.name} has no route for ${target.method} ${target.path} on ${virtualHost}`);
  }
  return { name: route.name, cluster: route.route.cluster, numbers: numbersOf(route.route) };
}

function matches({ path, safe_regex, prefix, headers }: Route['match'], target: Target): boolean {
  const found =
    path === target.path ||
    (prefix !== undefined && target.path.startsWith(prefix)) ||
    (safe_regex !== undefined && new RegExp(`^(?:${safe_regex.regex})$`).test(target.path));
  return found && headers.every(({ name, string_match }) => name === ':method' && string_match.exact === target.method);
}

function numbersOf({ timeout, retry_policy: retry }: NonNullable<Route['route']>): RouteNumbers {
  return {
    timeoutMs: timeout || null,
    retries:
      retry === undefined || retry.num_retries === 0
        ? null
        : {
            attempts: retry.num_retries,
            conditions: retry.retry_on.split(',').sort(),
            perTryTimeoutMs: retry.per_try_timeout || null,
            backoffMs: retry.retry_back_off.base_interval,
          },
  };
}
