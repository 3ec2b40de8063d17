import { Admin } from '../../harness/admin.ts';
import type { Cluster } from '../../harness/cluster.ts';
import type { Source } from './source.ts';

/** The admin ports of a service's pods. */
export function adminOf(cluster: Cluster, { topology }: Source, name: string): Admin {
  const service = topology.services[name];
  if (service === undefined) throw new Error(`${name} is no service of the topology`);
  return new Admin(cluster, { namespace: service.namespace, name });
}
