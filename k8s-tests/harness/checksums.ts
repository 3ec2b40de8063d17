import type { Cluster } from './cluster.ts';
import { listTables, withDatabase } from './database.ts';
import type { PodRef } from './names.ts';

/** A summary of the rows of each table, by `service: schema.table`. */
export type Checksums = Readonly<Record<string, string>>;

/**
 * Computes a checksum of each table in the databases of these services. The order of the rows does not matter.
 * @param isCounted whether to include the table with this name
 */
export async function checksumTables(
  cluster: Cluster,
  services: readonly PodRef[],
  isCounted: (table: string) => boolean,
): Promise<Checksums> {
  const checksums: Record<string, string> = {};
  for (const service of services) {
    await withDatabase(cluster, service, async (client) => {
      const tables = (await listTables(client)).filter((name) => isCounted(name.replace(/^.*\./, '')));
      for (const table of tables) {
        const { rows } = await client.query<{ rows: number; checksum: string }>(
          `SELECT count(*)::int AS rows, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS checksum
           FROM ${table} t`,
        );
        checksums[`${service.name}: ${table}`] = `${rows[0]?.rows} rows, ${rows[0]?.checksum}`;
      }
    });
  }
  return checksums;
}
