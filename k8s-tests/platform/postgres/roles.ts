import { Client, type ClientConfig } from 'pg';
import { migratorOf } from '../../../cdk8s/model/database.ts';
import { topology } from '../../../cdk8s/topology.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { clientOptions } from '../../harness/database.ts';

export const databases = [...new Set(Object.values(topology.services).map(({ database }) => database))];
const namespaceOfDatabase = (database: string) =>
  Object.values(topology.services).find((service) => service.database === database)?.namespace ?? '';

/** All roles of services and migrators, each with its own database. */
export const roles = databases.flatMap((database) =>
  [database, migratorOf(database)].map((role) => ({ role, database, namespace: namespaceOfDatabase(database) })),
);

/** How a role connects to its own database, through a port-forward, with the password of its Secret. */
export function optionsOf(cluster: Cluster, role: string): Promise<ClientConfig> {
  const found = roles.find((one) => one.role === role);
  return clientOptions(cluster, { name: role, namespace: found?.namespace ?? '' });
}

/** The outcome of a connection, or of a statement on it: `ok`, or Postgres' SQLSTATE. */
export async function outcomeOf(options: ClientConfig, sql = 'SELECT 1'): Promise<string> {
  const client = new Client(options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`BEGIN; ${sql}; ROLLBACK`);
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}
