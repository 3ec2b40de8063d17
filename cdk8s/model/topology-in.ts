import { ownValue } from './dependencies.ts';
import type { Environment } from './environment.ts';
import type { Service, Topology } from './topology.ts';

/** The topology as an environment has it: each partner that is not simulated there has the host of its own servers. */
export function topologyIn({ partners }: Pick<Environment, 'partners'>, topology: Topology): Topology {
  if (partners === 'simulated') return topology;
  const services = Object.entries(topology.services).map(([name, service]): [string, Service] => {
    const servers = service.external && ownValue(partners, name);
    if (!servers) return [name, service];
    return [name, { ...service, external: { ...service.external, host: servers.host, servers } }];
  });
  return { ...topology, services: Object.fromEntries(services) };
}

/** The services that run in the cluster, by name: all but the partners that are not simulated. */
export function workloadsOf({ services }: Topology): Readonly<Record<string, Service>> {
  return Object.fromEntries(Object.entries(services).filter(([, { external }]) => external?.servers === undefined));
}
