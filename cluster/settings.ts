import { z } from 'zod';

/** Ports of 127.0.0.1 that lead to the cluster's gateway, to Jaeger and to Prometheus. */
export interface Ports {
  readonly ingress: number;
  /** The gateway's, in TLS. */
  readonly ingressTls: number;
  readonly jaeger: number;
  readonly prometheus: number;
}

/** The setting of each port. */
export const PORT_VARIABLES = {
  ingress: 'INGRESS_PORT',
  ingressTls: 'INGRESS_TLS_PORT',
  jaeger: 'JAEGER_PORT',
  prometheus: 'PROMETHEUS_PORT',
} as const satisfies Record<keyof Ports, string>;
export const portNames = Object.keys(PORT_VARIABLES) as (keyof Ports)[];

/** The settings that a user makes by environment or make variable. */
export interface Settings {
  readonly cluster: 'native' | 'kind' | undefined;
  readonly kubeContext: string | undefined;
  /** If set: this port or an error. If unset: the default port, or a free one if that is in use. */
  readonly ports: Readonly<Record<keyof Ports, number | undefined>>;
  /** The registry that this checkout's image is pushed to for a cluster on other machines: `registry.example/team`. */
  readonly imageRegistry: string | undefined;
  /** A node image that replaces the pinned one of kind.yaml: a mirror's, or your own. */
  readonly kindNodeImage: string | undefined;
}

/** An error that the user can fix, printed without a stack. */
export class UserError extends Error {}

const port = z.coerce
  .number({ error: 'must be a port number' })
  .int('must be a whole number')
  .min(1024, 'must be 1024 or more')
  .max(65535, 'must be 65535 or less')
  .optional();

const schema = z.object({
  CLUSTER: z.enum(['native', 'kind'], { error: 'must be native or kind' }).optional(),
  KUBE_CONTEXT: z.string().optional(),
  INGRESS_PORT: port,
  INGRESS_TLS_PORT: port,
  JAEGER_PORT: port,
  PROMETHEUS_PORT: port,
  IMAGE_REGISTRY: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._-]+)*$/,
      'must be a registry and path, such as registry.example/team',
    )
    .optional(),
  KIND_NODE_IMAGE: z.string().optional(),
});

/** Reads the settings. @throws UserError that names every wrong variable, its value and what would be right */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, env[name] || undefined]));
  const result = schema.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `${name}=${given[name]}: ${message}`;
    });
    throw new UserError(lines.join('\n'));
  }
  const { CLUSTER, KUBE_CONTEXT, IMAGE_REGISTRY, KIND_NODE_IMAGE, ...variables } = result.data;
  const ports = {
    ingress: variables.INGRESS_PORT,
    ingressTls: variables.INGRESS_TLS_PORT,
    jaeger: variables.JAEGER_PORT,
    prometheus: variables.PROMETHEUS_PORT,
  };
  for (const port of new Set(Object.values(ports))) {
    const same = portNames.filter((name) => port !== undefined && ports[name] === port);
    if (same.length > 1)
      throw new UserError(`${same.map((name) => PORT_VARIABLES[name]).join(' and ')} are ${port}: they must differ`);
  }
  return {
    cluster: CLUSTER,
    kubeContext: KUBE_CONTEXT,
    ports,
    imageRegistry: IMAGE_REGISTRY,
    kindNodeImage: KIND_NODE_IMAGE,
  };
}
