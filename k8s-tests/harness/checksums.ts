import type { Cluster } from './cluster.ts';
import { listTables, withDatabase } from './database.ts';
import type { PodRef } from './names.ts';

/** What is in each table, in short, by `service: schema.table`. */
export type Checksums = Readonly<Record<string, string>>;

/**
 * A checksum over all rows of every table of these services' databases, whatever order the rows lie in.
 * @param isCounted whether a table of that name is looked at
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
