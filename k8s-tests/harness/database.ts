import { Client, type ClientConfig } from 'pg';
import { topology } from '../../cdk8s/topology.ts';
import type { Cluster } from './cluster.ts';
import type { PodRef } from './names.ts';
import { namespaceOf, type ServiceName } from './names.ts';

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>;

/** The role that owns a service's database, for `withDatabase`. */
export function ownerOf(service: ServiceName): PodRef {
  return { name: `${topology.services[service].database}-migrator`, namespace: namespaceOf(service) };
}

/** Counts the rows of every table in all schemas of a service's database. */
export function countRows(cluster: Cluster, service: ServiceName): Promise<RowCounts> {
  return withDatabase(cluster, ownerOf(service), async (client) => {
    const counts: Record<string, number> = {};
    for (const table of await listTables(client)) {
      const result = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
      counts[table] = result.rows[0]?.count ?? 0;
    }
    return counts;
  });
}

/** The quoted name of every table of the database, with its schema. */
export async function listTables(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS table FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  return rows.map(({ table }) => table);
}

/**
 * Runs the work on a database over one connection, with the rights of a role: a service's own, or that of `ownerOf`.
 * @param role its name and namespace; its secret is `postgres-<name>`
 */
export async function withDatabase<T>(
  cluster: Cluster,
  role: PodRef,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(await clientOptions(cluster, role));
  // If Postgres is killed, the current query rejects. This listener only keeps the process alive.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A role's connection, of its secret, through a port-forward to the Postgres pod. */
export async function clientOptions(cluster: Cluster, { namespace, name }: PodRef): Promise<ClientConfig> {
  const values = await cluster.readSecret({ namespace, name: `postgres-${name}` }, 'url', 'ca.crt');
  const url = new URL(values.url);
  return {
    host: '127.0.0.1',
    port: await cluster.forwards.open(await cluster.onlyPod('postgres', ''), 5432),
    user: url.username,
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    ssl: { ca: values['ca.crt'], servername: url.hostname },
    connectionTimeoutMillis: 5_000,
    query_timeout: 60_000,
  };
}
