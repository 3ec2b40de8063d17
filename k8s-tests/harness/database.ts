import { Client } from 'pg';
import type { Cluster } from './cluster.ts';
import { namespaceOf, type ServiceName } from './services.ts';

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>;

/** Counts the rows of every table in a service's database, whatever its schema. */
export async function countRows(cluster: Cluster, service: ServiceName): Promise<RowCounts> {
  const client = new Client({ connectionString: await forwardedUrl(cluster, service) });
  await client.connect();
  try {
    const { rows } = await client.query<{ table: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS table FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const counts: Record<string, number> = {};
    for (const { table } of rows) {
      const result = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
      counts[table] = result.rows[0]?.count ?? 0;
    }
    return counts;
  } finally {
    await client.end();
  }
}

/** The service's own database URL from its secret, led through a port-forward to the Postgres pod. */
async function forwardedUrl(cluster: Cluster, service: ServiceName): Promise<string> {
  const namespace = namespaceOf(service);
  const { data } = await cluster.core.readNamespacedSecret({ name: `postgres-${service}`, namespace });
  const encoded = data?.url;
  if (encoded === undefined) throw new Error(`secret postgres-${service} in ${namespace} has no key url`);
  const url = new URL(Buffer.from(encoded, 'base64').toString('utf8'));
  const port = await cluster.forwards.open(await cluster.onlyPod('postgres', ''), 5432);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
