import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { lintMigration } from './lint-migration.ts';

const outside = '-- postgres-migrations disable-transaction\n';
const earlier = ['CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)', 'CREATE UNIQUE INDEX u ON t (b)'];
const rulesOf = async (sql: string, file = '0012_notes.sql') =>
  (await lintMigration(file, sql, earlier)).map(({ rule }) => rule);

describe('a migration is accepted if it', () => {
  test.each([
    [
      'creates a table with indexes and keys',
      'CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE); CREATE INDEX i ON t (b)',
    ],
    ['changes a table that it has created', 'CREATE TABLE t (a int); ALTER TABLE t ADD b serial; UPDATE t SET a = 1'],
    [
      'changes a table that it has created, whether it names the schema or not',
      'CREATE TABLE t (a int); UPDATE public.t SET a = 1; CREATE TABLE s.u (a int); DELETE FROM s.u',
    ],
    [
      'changes a temporary table',
      'CREATE TEMP TABLE t (a int); UPDATE t SET a = 1; UPDATE pg_temp.t SET a = 1; CREATE INDEX i ON t (a)',
    ],
    ['adds rows that it lists', 'INSERT INTO t VALUES (1), (2) ON CONFLICT DO NOTHING'],
    ['copies rows to a table that it has created', 'CREATE TABLE n (a int); INSERT INTO n SELECT a FROM t'],
    [
      'adds columns with types of Postgres',
      'ALTER TABLE t ADD a timestamptz, ADD b uuid, ADD c bigint[], ADD d varchar(9), ADD e jsonb',
    ],
    [
      'replaces a check by a wider one',
      "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a IN ('x', 'y')) NOT VALID",
    ],
    ['adds an optional column', 'ALTER TABLE t ADD COLUMN a text'],
    ['adds a required column with a constant', "ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT ''"],
    [
      'adds a column with the time',
      'ALTER TABLE t ADD a timestamptz NOT NULL DEFAULT now(), ADD b date DEFAULT CURRENT_DATE',
    ],
    ['adds a virtual column', 'ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) VIRTUAL'],
    ['builds an index concurrently', `${outside}CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)`],
    ['drops an index concurrently', `${outside}DROP INDEX CONCURRENTLY IF EXISTS i`],
    [
      'adds a constraint unchecked',
      'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, ADD FOREIGN KEY (b) REFERENCES u NOT VALID',
    ],
    ['checks it in a later file', 'ALTER TABLE t VALIDATE CONSTRAINT c'],
    ['makes a key of an index', 'ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i'],
    ['sets a default', 'ALTER TABLE t ALTER COLUMN a SET DEFAULT 1'],
    ['makes a column optional', 'ALTER TABLE t ALTER COLUMN a DROP NOT NULL'],
    ['adds a value to an enum', "ALTER TYPE e ADD VALUE 'x'"],
    ['renames an index', 'ALTER INDEX i RENAME TO j'],
    ['only says that something is not used any more', '-- Nothing reads t.a since this release.\nSELECT 1'],
    ['is empty', '-- Nothing.\n'],
  ])('%s', async (_, sql) => expect(await rulesOf(sql)).toEqual([]));
});

describe('a migration is rejected if it', () => {
  test.each([
    ['builds an index with a lock', 'CREATE INDEX i ON t (a)', 'lock'],
    ['builds a unique index with a lock', 'CREATE UNIQUE INDEX i ON public.t (a)', 'lock'],
    [
      'builds one on a table that may be there',
      'CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX i ON t (a)',
      'lock',
    ],
    ['cannot be repeated', `${outside}CREATE INDEX CONCURRENTLY i ON t (a)`, 'lock'],
    ['drops an index with a lock', 'DROP INDEX i', 'lock'],
    ['builds one for a key', 'ALTER TABLE t ADD PRIMARY KEY (a)', 'lock'],
    ['builds one for a column', 'ALTER TABLE t ADD COLUMN a text UNIQUE', 'lock'],
    ['locks a table', 'LOCK TABLE t', 'lock'],
    ['locks rows', 'SELECT * FROM t FOR UPDATE', 'lock'],
    ['locks the rows that it copies', 'CREATE TABLE n AS SELECT * FROM t FOR SHARE', 'lock'],
    ['waits for a time', 'SELECT pg_sleep(3600)', 'lock'],
    ['waits for a lock', 'SELECT pg_advisory_xact_lock(1)', 'lock'],
    ['builds an index again', 'REINDEX TABLE t', 'lock'],
    ['rewrites a table', 'VACUUM FULL t', 'lock'],
    ['blocks readers of a view', 'REFRESH MATERIALIZED VIEW v', 'lock'],
    ['runs concurrently in a transaction', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)', 'transaction'],
    ['runs two statements outside of one', `${outside}SELECT 1; DROP INDEX CONCURRENTLY i`, 'transaction'],
    ['ends its transaction', 'COMMIT', 'transaction'],
    [
      'checks at once what it adds unchecked',
      'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c',
      'transaction',
    ],
    ['adds a serial column', 'ALTER TABLE t ADD COLUMN a bigserial', 'rewrite'],
    ['adds an identity', 'ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY', 'rewrite'],
    ['adds a stored column', 'ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED', 'rewrite'],
    ['adds a volatile default', 'ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'rewrite'],
    ['adds a default with one inside', "ALTER TABLE t ADD COLUMN a text DEFAULT 'x' || (random())::text", 'rewrite'],
    [
      'adds a column of a domain, whose check is made for each row',
      'CREATE DOMAIN d AS int CHECK (VALUE > 0); ALTER TABLE t ADD COLUMN a d',
      'rewrite',
    ],
    ['adds a column with a type of a schema', 'ALTER TABLE t ADD COLUMN a s.text', 'rewrite'],
    ['moves a table', 'ALTER TABLE t SET TABLESPACE s', 'rewrite'],
    ['checks all rows', 'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)', 'table-scan'],
    ['checks all references', 'ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)', 'table-scan'],
    ['checks those of a new column', 'ALTER TABLE t ADD COLUMN a int REFERENCES u', 'table-scan'],
    ['updates a table', 'UPDATE t SET a = 1 WHERE b = 2', 'bulk-change'],
    ['deletes from a table', 'DELETE FROM t', 'bulk-change'],
    [
      'deletes within another statement',
      'WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone',
      'bulk-change',
    ],
    ['copies rows', 'INSERT INTO u SELECT * FROM t', 'bulk-change'],
    ['changes rows by inserting them', 'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2', 'bulk-change'],
    ['changes another schema than it creates in', 'CREATE TABLE s.t (a int); DELETE FROM t', 'bulk-change'],
    ['hides a table by a temporary one', 'CREATE TEMP TABLE t (a int); UPDATE public.t SET a = 1', 'bulk-change'],
    [
      'changes one whose copy may be there',
      'CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a; UPDATE t SET a = 1',
      'bulk-change',
    ],
    ['takes the default by null', 'ALTER TABLE t ALTER COLUMN a SET DEFAULT NULL', 'contract'],
    ['takes the default by a null of a type', 'ALTER TABLE t ALTER COLUMN a SET DEFAULT NULL::text', 'contract'],
    ['requires new values', 'ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID', 'contract'],
    [
      'requires them by a check',
      'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND a IS NOT NULL) NOT VALID',
      'contract',
    ],
    ['drops a constraint', 'ALTER TABLE t DROP CONSTRAINT t_key', 'contract'],
    [
      'drops a constraint and adds another',
      'ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT d CHECK (a > 0) NOT VALID',
      'contract',
    ],
    ['drops a unique index', `${outside}DROP INDEX CONCURRENTLY IF EXISTS u`, 'contract'],
    ['drops an index that no migration built', `${outside}DROP INDEX CONCURRENTLY i, public.j`, 'contract'],
    ['drops a column', 'ALTER TABLE t DROP COLUMN a', 'contract'],
    ['drops a table', 'DROP TABLE t', 'contract'],
    ['drops a view', 'DROP VIEW v', 'contract'],
    ['empties a table', 'TRUNCATE t', 'contract'],
    ['renames a column', 'ALTER TABLE t RENAME a TO b', 'contract'],
    ['renames a table', 'ALTER TABLE t RENAME TO u', 'contract'],
    ['moves a table to a schema', 'ALTER TABLE t SET SCHEMA s', 'contract'],
    ['renames a value', "ALTER TYPE e RENAME VALUE 'a' TO 'b'", 'contract'],
    ['drops a default', 'ALTER TABLE t ALTER COLUMN a DROP DEFAULT', 'contract'],
    ['takes a right', 'REVOKE INSERT ON t FROM orders', 'contract'],
    ['adds a required column', 'ALTER TABLE t ADD COLUMN a text NOT NULL', 'contract'],
    ['adds one whose default is null', 'ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT NULL', 'contract'],
    ['adds one whose default is a null of a type', 'ALTER TABLE t ADD a text NOT NULL DEFAULT NULL::text', 'contract'],
    ['lets a statement wait for its lock forever', `${outside}ALTER TABLE t ADD a int`, 'transaction'],
    [
      'validates under the lock of a change',
      'ALTER TABLE t ADD a int; ALTER TABLE t VALIDATE CONSTRAINT c',
      'transaction',
    ],
    ['validates in the statement of a change', 'ALTER TABLE t ADD a int, VALIDATE CONSTRAINT c', 'transaction'],
    [
      'copies rows under the lock of a change',
      'ALTER TABLE t ADD a int; CREATE TABLE u AS SELECT b FROM t',
      'transaction',
    ],
    [
      'copies rows under the lock of a new name',
      'ALTER TABLE t RENAME CONSTRAINT a TO b; CREATE TABLE u AS SELECT b FROM t',
      'transaction',
    ],
    ['sets how long it waits', "SELECT set_config('lock_timeout', '0', false)", 'lock'],
    ['does what the rules cannot read', 'DO $$ BEGIN DELETE FROM t; END $$', 'unknown'],
    ['changes what the rules do not know', 'ALTER TABLE t ENABLE ROW LEVEL SECURITY', 'unknown'],
  ])('%s', async (_, sql, rule) => expect(await rulesOf(sql)).toEqual([rule]));

  test.each(['ALTER a SET NOT NULL', 'ADD NOT NULL a', 'ADD CHECK (a IS NOT NULL)'])(
    'makes a column required: %s',
    async (change) => expect(await rulesOf(`ALTER TABLE t ${change}`)).toEqual(['contract', 'table-scan']),
  );
  test.each(['a IS DISTINCT FROM NULL', 'NOT (a IS NULL)', 'coalesce(a, 0) > 0', 'num_nonnulls(a, b) = 2'])(
    'requires values by a check that is not validated: %s',
    async (check) => expect(await rulesOf(`ALTER TABLE t ADD CHECK (${check}) NOT VALID`)).toEqual(['contract']),
  );
  test('makes a unique index the primary key, whose columns become required', async () =>
    expect(await rulesOf('ALTER TABLE t ADD PRIMARY KEY USING INDEX i')).toEqual(['contract', 'table-scan']));
  test('gives a column another type', async () =>
    expect(await rulesOf('ALTER TABLE t ALTER a TYPE bigint')).toEqual(['contract', 'rewrite']));
  test('is not SQL', () => expect(rulesOf('ALTER TABLE')).rejects.toThrow('syntax error'));
});

describe('a contract', () => {
  const drop = 'ALTER TABLE t DROP COLUMN a';

  test('may take from older releases, but not lock, rewrite or scan', async () => {
    expect(await rulesOf(drop, '0012_contract_after_0011_drop_a.sql')).toEqual([]);
    expect(await rulesOf(`${drop}; DROP INDEX i`, '0012_contract_after_0011_drop_a.sql')).toEqual(['lock']);
  });

  test.each(['0012_contract_drop_a.sql', '0012_contract_after_0012_drop_a.sql', '0012_contract_after_x.sql'])(
    'that does not name an earlier migration is rejected: %s',
    async (file) => expect(await rulesOf(drop, file)).toEqual(['contract']),
  );
});

test('a reason waives one rule for its file, and a waiver without a reason waives nothing', async () => {
  const index = 'CREATE INDEX i ON t (a);\nDROP TABLE u';
  expect(await rulesOf(`-- lint allow lock: t has 40 rows\n${index}`)).toEqual(['contract']);
  expect(await rulesOf(`-- lint allow lock:\n${index}`)).toEqual(['lock', 'contract']);
});

test('a finding names the line of its statement', async () => {
  const sql = '-- Ä comment\nSELECT 1;\n\n-- Another.\nDROP TABLE t;';
  expect(await lintMigration('0012_notes.sql', sql)).toMatchObject([{ line: 5, rule: 'contract' }]);
});

test('all migrations of the services keep the rules', () => {
  const lint = () => execFileSync('node', ['k8s-tests/schema/lint-migrations.ts'], { cwd: root, encoding: 'utf8' });
  expect(lint()).toBe('');
});
