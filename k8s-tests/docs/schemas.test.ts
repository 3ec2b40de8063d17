// cspell:ignore adrelid adnum attnum attname attnotnull attrelid attisdropped attidentity atttypid
// cspell:ignore atttypmod adbin attrdef contype conkey conrelid relkind relnamespace regnamespace relname
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { code, joinBlocks, table } from '../../cdk8s/documents/markdown.ts';
import { topology } from '../../cdk8s/topology.ts';
import { root } from '../../cluster/paths.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { describeRetention, type Retention } from '../../services/lib/postgres/retention.ts';
import { startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { retentions } from '../schema/retentions.ts';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly key: boolean;
  readonly expression: string | null;
}

const databases = [...new Set(Object.values(topology.services).map(({ database }) => database))].sort();

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const columns = new Map<string, readonly Column[]>();
beforeAll(async () => {
  for (const name of databases) columns.set(name, await readColumns(name));
});

test.each(databases)('every table of %s has a retention, and every retention a table', (name) => {
  const tables = new Set(columns.get(name)?.map((column) => column.table));
  expect(Object.keys(retentions[name] ?? {}).toSorted()).toEqual([...tables].toSorted());
});

test('docs/generated/schemas.md is current; if this fails, run make documents', async () => {
  const sections: string[] = [];
  for (const name of databases) sections.push(...describeDatabase(name, columns.get(name) ?? []));
  const text = joinBlocks([
    '# Schemas',
    'Generated from migrated databases by `make documents`. The library `postgres-migrations` adds a table ' +
      '`migrations`, which stays. Services purge every ten minutes what is past its retention.',
    ...sections,
  ]);
  await expect(text).toMatchFileSnapshot(join(root, 'docs/generated/schemas.md'));
});

/** The columns of a database that its service's migrations have just created, in the order of each table. */
async function readColumns(name: string): Promise<readonly Column[]> {
  const database = openDatabase(await postgres.createDatabase(name), silentLog);
  try {
    await migrate(database, join(root, 'services', name, 'migrations'));
    const { rows } = await database.query<Column>(
      `SELECT t.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
              a.attnotnull AS required, coalesce(a.attnum = ANY (k.conkey), false) AS key,
              CASE a.attidentity WHEN '' THEN pg_get_expr(d.adbin, d.adrelid) ELSE 'identity' END AS expression
       FROM pg_class t
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
       LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
       WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND t.relname <> 'migrations'
       ORDER BY t.relname, a.attnum`,
    );
    return rows;
  } finally {
    await database.close();
  }
}

function describeDatabase(name: string, columns: readonly Column[]): readonly string[] {
  const tables = Map.groupBy(columns, (column) => column.table);
  return [
    `## ${name}`,
    ...[...tables].flatMap(([title, ofTable]) => [
      `### ${title}`,
      `Kept ${describeRetention(retentions[name]?.[title] as Retention)}.`,
      table(['column', 'type', 'null', 'key', 'default'], ofTable.map(rowOf)),
    ]),
  ];
}

function rowOf({ name, type, required, key, expression }: Column): readonly string[] {
  return [code(name), type, required ? 'no' : 'yes', key ? 'primary' : '', expression ? code(expression) : ''];
}
