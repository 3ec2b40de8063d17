import { Client } from 'pg';
import type { Cluster } from './cluster.ts';
import type { PodRef } from './names.ts';
import { namespaceOf, type ServiceName } from './names.ts';

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>;

/** Counts the rows of every table in all schemas of a service's database. */
export function countRows(cluster: Cluster, service: ServiceName): Promise<RowCounts> {
  return withDatabase(cluster, { name: service, namespace: namespaceOf(service) }, async (client) => {
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
 * Runs the work on a service's database over one connection, with the rights of the service.
 * @param service the name and namespace of the service, whose secret is `postgres-<name>`
 */
export async function withDatabase<T>(
  cluster: Cluster,
  service: PodRef,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: await forwardedUrl(cluster, service),
    connectionTimeoutMillis: 5_000,
    query_timeout: 60_000,
  });
  // If Postgres is killed, the current query rejects. This listener only keeps the process alive.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The database URL from the service's secret, through a port-forward to the Postgres pod. */
async function forwardedUrl(cluster: Cluster, { namespace, name }: PodRef): Promise<string> {
  const { data } = await cluster.core.readNamespacedSecret({ name: `postgres-${name}`, namespace });
  const encoded = data?.url;
  if (encoded === undefined) throw new Error(`secret postgres-${name} in ${namespace} has no key url`);
  const url = new URL(Buffer.from(encoded, 'base64').toString('utf8'));
  const port = await cluster.forwards.open(await cluster.onlyPod('postgres', ''), 5432);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
