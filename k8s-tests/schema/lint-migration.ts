// cspell:ignore libpg idxname stmts
import { type Node, parse, type RangeVar } from 'libpg-query';
import { isContract, neededBy } from '../../services/lib/postgres/newer-schema.ts';
import { type Complaint, judge, keyOf } from './migration-rules.ts';

/** A complaint about a file. */
export interface Finding extends Complaint {
  readonly line: number;
}

/** `-- lint allow lock: the table has 40 rows`: the file may break the rule, for a reason. */
const waiver = /^-- lint allow ([a-z-]+): \S/gm;

/**
 * Checks a migration: it must not lock a table for long, and must leave older releases what they use, unless its name
 * says that it is a contract (docs/schema-changes.md).
 *
 * @param file its name, such as `0012_contract_after_0011_notes.sql`
 * @param earlier the migrations of the same service before it, as SQL
 * @throws Error if Postgres cannot parse it
 */
export async function lintMigration(
  file: string,
  sql: string,
  earlier: readonly string[] = [],
): Promise<readonly Finding[]> {
  const { stmts = [] } = await parse(sql);
  const statements = stmts.flatMap(({ stmt, stmt_location: at = 0 }) => (stmt ? { stmt, line: lineAt(sql, at) } : []));
  const [, id = '', name = ''] = file.match(/^(\d+)_(.*)\.sql$/) ?? [];
  const findings: Finding[] = [];
  if (isContract(name) && !(neededBy(name) < Number(id)))
    findings.push({
      line: 1,
      rule: 'contract',
      message: `the name must say after which earlier migration: ${id}_contract_after_0001_…`,
    });
  const created = new Set<string>();
  const plainIndexes = new Set((await Promise.all(earlier.map(plainIndexesIn))).flat());
  for (const { stmt, line } of statements) {
    findings.push(...judge(stmt, { created, plainIndexes }).map((complaint) => ({ ...complaint, line })));
    const table = newTable(stmt);
    if (table) created.add(keyOf(table));
  }
  findings.push(...transactionFindings(sql, statements, created));
  const isAllowed = new Set([...sql.matchAll(waiver)].map(([, rule]) => rule));
  if (isContract(name)) isAllowed.add('contract');
  return findings.filter(({ rule, message }) => !isAllowed.has(rule) || message.startsWith('the name'));
}

function newTable(statement: Node): RangeVar | undefined {
  if ('CreateStmt' in statement && !statement.CreateStmt.if_not_exists) return statement.CreateStmt.relation;
  if ('CreateTableAsStmt' in statement && !statement.CreateTableAsStmt.if_not_exists)
    return statement.CreateTableAsStmt.into?.rel;
  return undefined;
}

async function plainIndexesIn(sql: string): Promise<readonly string[]> {
  const { stmts = [] } = await parse(sql);
  return stmts.flatMap(({ stmt }) =>
    stmt && 'IndexStmt' in stmt && !stmt.IndexStmt.unique ? (stmt.IndexStmt.idxname ?? []) : [],
  );
}

/** CONCURRENTLY runs outside of a transaction, and what runs outside must be alone, because Postgres would add one. */
function transactionFindings(
  sql: string,
  statements: readonly { stmt: Node; line: number }[],
  created: ReadonlySet<string>,
): readonly Finding[] {
  const isOutside = sql.includes('-- postgres-migrations disable-transaction');
  const complain = (line: number, message: string): Finding => ({ line, rule: 'transaction', message });
  if (isOutside && statements.length !== 1)
    return [complain(1, 'a file with `disable-transaction` has exactly one statement')];
  const concurrent = statements.find(({ stmt }) => JSON.stringify(stmt).includes('"concurrent":true'));
  if (concurrent && !isOutside)
    return [complain(concurrent.line, 'CONCURRENTLY needs the line `-- postgres-migrations disable-transaction`')];
  if (isOutside && !concurrent)
    return [
      complain(1, '`disable-transaction` also lets a statement wait for its lock forever. It is for CONCURRENTLY'),
    ];
  const slow = statements.find(
    ({ stmt }) =>
      !('ViewStmt' in stmt || 'CreateFunctionStmt' in stmt) &&
      /AT_ValidateConstraint|"fromClause"/.test(JSON.stringify(stmt)),
  );
  if (slow && statements.some(({ stmt }) => alters(stmt, created)))
    return [
      complain(slow.line, 'reads all rows while a change in the same file keeps its lock. Use a file of its own'),
    ];
  return [];
}

/** Whether it changes a table that others use, apart from VALIDATE, whose lock blocks no one. */
function alters(stmt: Node, created: ReadonlySet<string>): boolean {
  const locking = 'RenameStmt' in stmt ? stmt.RenameStmt : 'CreateTrigStmt' in stmt ? stmt.CreateTrigStmt : undefined;
  if (locking?.relation) return !created.has(keyOf(locking.relation));
  if (!('AlterTableStmt' in stmt)) return false;
  const { relation, cmds = [] } = stmt.AlterTableStmt;
  return (
    (!relation || !created.has(keyOf(relation))) &&
    cmds.some((cmd) => !JSON.stringify(cmd).includes('AT_ValidateConstraint'))
  );
}

/** The line of a statement, whose location is that of the comments and blanks before it, in bytes. */
function lineAt(sql: string, byte: number): number {
  const before = Buffer.from(sql).subarray(0, byte).toString();
  const blank = sql.slice(before.length).match(/^(\s|--.*\n|\/\*[\s\S]*?\*\/)*/)?.[0] ?? '';
  return (before + blank).split('\n').length;
}
