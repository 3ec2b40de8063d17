import { execa } from 'execa';
import type { Client } from 'pg';
import { root } from '../../../cluster/paths.ts';
import { ownerOf, withDatabase } from '../../harness/database.ts';
import { eventually } from '../../harness/eventually.ts';
import type { ServiceName } from '../../harness/names.ts';
import { type DependencyState, endTimes } from './state.ts';

/** The command needs a pod, and the database of orders, which may have faults of its own. */
const repeatTimes = { timeoutMs: 180_000, intervalMs: 1_000 } as const;
/** Before the copy was made: an event may be older than the transaction that consumed it. */
const marginMs = 60_000;

/** The tables, those that refer to others last, and their columns that can be written. */
async function describeTables(client: Client): Promise<readonly { table: string; columns: string }[]> {
  const { rows } = await client.query<{ table: string; columns: string }>(
    `SELECT table_name AS table, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
     FROM information_schema.columns AS c
     WHERE table_schema = 'public' AND table_name <> 'migrations' AND is_generated = 'NEVER'
     GROUP BY table_name
     ORDER BY (SELECT count(*) FROM information_schema.table_constraints AS t
       WHERE t.table_name = c.table_name AND constraint_type = 'FOREIGN KEY'), table_name`,
  );
  return rows;
}

async function copyTables(client: Client): Promise<void> {
  const tables = await describeTables(client);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await client.query('DROP SCHEMA IF EXISTS restore_point CASCADE');
  await client.query('CREATE SCHEMA restore_point');
  for (const { table } of tables) await client.query(`CREATE TABLE restore_point.${table} AS TABLE public.${table}`);
  await client.query('COMMIT');
}

async function restoreTables(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    "SELECT FROM information_schema.schemata WHERE schema_name = 'restore_point'",
  );
  if (rowCount === 0) return;
  const tables = await describeTables(client);
  await client.query('BEGIN');
  // As pg_restore does: triggers see no rows of a backup.
  for (const { table } of tables) await client.query(`ALTER TABLE public.${table} DISABLE TRIGGER USER`);
  await client.query(`TRUNCATE ${tables.map(({ table }) => `public.${table}`).join(', ')}`);
  for (const { table, columns } of tables) {
    await client.query(
      `INSERT INTO public.${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM restore_point.${table}`,
    );
  }
  for (const { table } of tables) await client.query(`ALTER TABLE public.${table} ENABLE TRIGGER USER`);
  await client.query('DROP SCHEMA restore_point CASCADE');
  await client.query('COMMIT');
}

/** At the end the database is as it was at the beginning. Then its operator has all that came since repeated. */
function restored(service: ServiceName): DependencyState {
  const database = ownerOf(service);
  return {
    kind: 'state',
    name: `postgres of ${service} restored to an earlier point`,
    family: 'state',
    dependency: 'postgres',
    async begin(cluster) {
      const since = new Date(Date.now() - marginMs).toISOString();
      await withDatabase(cluster, database, copyTables);
      return async () => {
        await eventually(() => withDatabase(cluster, database, restoreTables), endTimes);
        const repeat = ['run', '--silent', 'saga', '--', 'repeat', '--since', since, '--reason', `${service} restored`];
        await eventually(() => execa('npm', repeat, { cwd: root }), repeatTimes);
      };
    },
  };
}

export const restoredStates: readonly DependencyState[] = [
  restored('inventory'),
  restored('payments'),
  restored('fulfillment'),
  restored('notifications'),
  restored('analytics'),
];
