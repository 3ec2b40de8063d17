// Names of Postgres' parser.
// cspell:ignore libpg relname relpersistence schemaname colname conname sval contype funcname indexname
// cspell:ignore AEXPR NOTNULL nulltesttype ONCONFLICT TABCONSTRAINT
// Names of Postgres' types.
// cspell:ignore bpchar timetz macaddr tsvector tsquery
import type { AlterTableCmd, ColumnDef, Constraint, FuncCall, InsertStmt, Node, NullTest, RangeVar } from 'libpg-query';

/** What a rule says against a statement. `rule` is the name by which a file may waive it. */
export interface Complaint {
  readonly rule: 'lock' | 'rewrite' | 'table-scan' | 'bulk-change' | 'contract' | 'transaction' | 'unknown';
  readonly message: string;
}

/** What the file is about, as far as rules need it. */
export interface FileContext {
  /** Tables that the file itself has created so far, as `keyOf`. They are empty, and no release uses them yet. */
  readonly created: ReadonlySet<string>;
  /** Names of the indexes that earlier migrations of the service have built, without those that are unique. */
  readonly plainIndexes: ReadonlySet<string>;
}

/** `public.orders`; of a temporary table `pg_temp.orders`. */
export function keyOf({ schemaname, relname, relpersistence }: RangeVar): string {
  return `${relpersistence === 't' ? 'pg_temp' : (schemaname ?? 'public')}.${relname}`;
}

const lock = (message: string): Complaint => ({ rule: 'lock', message });
const rewrite = (message: string): Complaint => ({ rule: 'rewrite', message });
const scan = (message: string): Complaint => ({ rule: 'table-scan', message });
const contract = (message: string): Complaint => ({ rule: 'contract', message });

/** Statements that neither block others for long nor take anything from older releases. */
const harmless = new Set([
  ...['CreateStmt', 'CreateTableAsStmt', 'CreateSeqStmt', 'CreateEnumStmt', 'CreateDomainStmt', 'CreateSchemaStmt'],
  ...['CreateFunctionStmt', 'CreateTrigStmt', 'CreateExtensionStmt', 'CreateStatsStmt', 'ViewStmt'],
  ...['CommentStmt', 'InsertStmt', 'SelectStmt'],
]);

/** What speaks against a statement of a migration. Anything that no rule knows is a complaint, too. */
export function judge(statement: Node, { created, plainIndexes }: FileContext): readonly Complaint[] {
  // Postgres looks for a name without a schema among the temporary tables first.
  const isNew = (table: RangeVar | undefined) =>
    table !== undefined &&
    (created.has(keyOf(table)) || (!table.schemaname && created.has(`pg_temp.${table.relname}`)));
  const changes = changedTables(statement).filter((table) => !isNew(table));
  const complaints: Complaint[] = changes.map((table) => ({
    rule: 'bulk-change',
    message: `changes rows of ${table?.relname ?? 'a table'} in one transaction. Let the service change them in batches`,
  }));
  if (nodesOf(statement, 'LockingClause').length > 0)
    complaints.push(lock('locks rows until the migration ends. No migration needs that'));
  if (functionsIn(statement).some((name) => /^(pg_(sleep|advisory|try_advisory)|set_config$)/.test(name)))
    complaints.push(lock('waits, or makes others wait. No migration needs that'));
  const [kind = '', body] = Object.entries(statement)[0] ?? [];
  const only = (complaint: Complaint): Complaint[] => [...complaints, complaint];
  if ('AlterTableStmt' in statement) {
    const { relation, cmds = [] } = statement.AlterTableStmt;
    if (isNew(relation)) return complaints;
    const commands = cmds.flatMap((node) => ('AlterTableCmd' in node ? node.AlterTableCmd : []));
    return commands.filter((command) => !isReplaced(command, commands)).flatMap(alteration);
  }
  if ('IndexStmt' in statement) {
    const { relation, concurrent, if_not_exists: ifNotExists } = statement.IndexStmt;
    if (isNew(relation)) return complaints;
    if (!concurrent) return only(lock('blocks writers while the index is built. Use CREATE INDEX CONCURRENTLY'));
    return ifNotExists ? complaints : only(lock('cannot be repeated if it is interrupted. Add IF NOT EXISTS'));
  }
  if ('DropStmt' in statement) {
    const { removeType, concurrent, objects = [] } = statement.DropStmt;
    if (removeType !== 'OBJECT_INDEX') return only(contract('drops what older releases may use'));
    if (!objects.every((name) => plainIndexes.has(lastName([name]))))
      complaints.push(contract('drops an index that may be unique, which ON CONFLICT of older releases needs'));
    return concurrent ? complaints : only(lock('waits with an exclusive lock. Use DROP INDEX CONCURRENTLY'));
  }
  if ('RenameStmt' in statement) {
    const isInternal = /OBJECT_(INDEX|TABCONSTRAINT|SEQUENCE|TRIGGER)/.test(statement.RenameStmt.renameType ?? '');
    return isInternal
      ? complaints
      : only(contract('takes a name away that older releases use. Add the new one instead'));
  }
  if ('AlterEnumStmt' in statement)
    return statement.AlterEnumStmt.oldVal ? only(contract('renames a value that older releases use')) : complaints;
  if ('GrantStmt' in statement)
    return statement.GrantStmt.is_grant ? complaints : only(contract('takes a right from older releases'));
  if ('TruncateStmt' in statement)
    return only(contract('deletes what older releases may read, with an exclusive lock'));
  if ('AlterObjectSchemaStmt' in statement) return only(contract('moves what older releases use'));
  if ('LockStmt' in statement) return only(lock('locks tables. No migration needs that'));
  if ('ReindexStmt' in statement || 'ClusterStmt' in statement || 'VacuumStmt' in statement)
    return only(lock('is maintenance, which can lock a whole table. Run it apart from releases'));
  if ('RefreshMatViewStmt' in statement && !statement.RefreshMatViewStmt.concurrent)
    return only(lock('blocks readers. Use REFRESH MATERIALIZED VIEW CONCURRENTLY'));
  if ('TransactionStmt' in statement)
    return only({ rule: 'transaction', message: 'ends the transaction that each migration runs in' });
  if (harmless.has(kind) || ['UpdateStmt', 'DeleteStmt', 'MergeStmt', 'RefreshMatViewStmt'].includes(kind))
    return complaints;
  return only({ rule: 'unknown', message: `${kind || typeof body} is a statement that the rules do not know` });
}

/** Changes of ALTER TABLE that are quick, and that older releases do not notice. */
const quick = new Set([
  ...['AT_DropNotNull', 'AT_ValidateConstraint', 'AT_SetStatistics', 'AT_SetRelOptions', 'AT_ResetRelOptions'],
  ...['AT_SetOptions', 'AT_ResetOptions', 'AT_SetStorage', 'AT_SetCompression', 'AT_ReplicaIdentity'],
]);

/** Whether it drops a constraint for which the same ALTER TABLE adds a CHECK of that name, such as a wider one. */
function isReplaced({ subtype, name }: AlterTableCmd, commands: readonly AlterTableCmd[]): boolean {
  const isCheck = ({ def }: AlterTableCmd) =>
    def && 'Constraint' in def && def.Constraint.contype === 'CONSTR_CHECK' && def.Constraint.conname === name;
  return subtype === 'AT_DropConstraint' && commands.some(isCheck);
}

function alteration({ subtype = 'AT_AddColumn', def, name = '' }: AlterTableCmd): readonly Complaint[] {
  if (quick.has(subtype)) return [];
  if (subtype === 'AT_AddColumn') return def && 'ColumnDef' in def ? newColumn(def.ColumnDef) : [];
  if (subtype === 'AT_AddConstraint') return def && 'Constraint' in def ? newConstraint(def.Constraint) : [];
  if (subtype === 'AT_ColumnDefault')
    return def && !isNull(def)
      ? []
      : [contract(`takes the default of ${name}, without which inserts of older releases may fail`)];
  if (subtype === 'AT_DropConstraint')
    return [contract(`drops the constraint ${name}, which older releases may rely on, as ON CONFLICT does on a key`)];
  if (subtype === 'AT_DropColumn') return [contract(`drops the column ${name}, which older releases may use`)];
  if (subtype === 'AT_SetNotNull')
    return [
      contract(`older releases may still write no ${name}`),
      scan(`reads all rows with an exclusive lock. Add CHECK (${name} IS NOT NULL) NOT VALID, and validate it later`),
    ];
  if (subtype === 'AT_AlterColumnType')
    return [
      contract(`gives ${name} another type than older releases know`),
      rewrite('rewrites the table with an exclusive lock. Add a column, copy in batches, then drop the old one'),
    ];
  if (/^AT_(AddIdentity|SetExpression|SetLogged|SetUnLogged|SetTableSpace|SetAccessMethod)$/.test(subtype))
    return [rewrite('rewrites the table with an exclusive lock')];
  return [{ rule: 'unknown', message: `${subtype} is a change that the rules do not know` }];
}

function newColumn({ colname = '', typeName, constraints = [] }: ColumnDef): readonly Complaint[] {
  const parts = constraints.flatMap((node) => ('Constraint' in node ? node.Constraint : []));
  const type = lastName(typeName?.names);
  const value = parts.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  const isFilled = (value && !isNull(value)) || parts.some(({ contype }) => /GENERATED|IDENTITY/.test(contype ?? ''));
  const isRequired = parts.some(({ contype }) => contype === 'CONSTR_NOTNULL' || contype === 'CONSTR_PRIMARY');
  const isSerial = /^(small|big)?serial[248]?$/.test(type);
  const isStored = parts.some(
    ({ contype, generated_kind: kind }) =>
      contype === 'CONSTR_IDENTITY' || (contype === 'CONSTR_GENERATED' && kind !== 'v'),
  );
  return [
    ...(isSerial || isStored || (value && isVolatile(value))
      ? [rewrite(`${colname} has another value in each row, so the table is rewritten. Fill it in batches`)]
      : []),
    ...(isSerial || isBuiltIn(typeName?.names)
      ? []
      : [rewrite(`${type} may be a domain, whose check or default rewrites the table. Use a type of Postgres`)]),
    ...(isRequired && !isFilled && !isSerial
      ? [contract(`inserts of older releases do not know the required column ${colname}. Give it a default`)]
      : []),
    ...parts.flatMap((part) => (/CHECK|FOREIGN|UNIQUE|PRIMARY/.test(part.contype ?? '') ? newConstraint(part) : [])),
  ];
}

/** Types of Postgres that its parser leaves without their schema, `pg_catalog`. */
const builtIn = new Set([
  ...['text', 'name', 'uuid', 'json', 'jsonb', 'bytea', 'xml', 'date', 'timetz', 'timestamptz', 'bool', 'money'],
  ...['int2', 'int4', 'int8', 'float4', 'float8', 'bpchar', 'inet', 'cidr', 'macaddr', 'tsvector', 'tsquery'],
]);

function isBuiltIn(names: readonly Node[] = []): boolean {
  const [first = '', ...rest] = partsOf(names);
  return rest.length === 0 ? builtIn.has(first) : first === 'pg_catalog';
}

function newConstraint(constraint: Constraint): readonly Complaint[] {
  const { contype, skip_validation: isUnchecked, indexname, raw_expr: check } = constraint;
  if (contype === 'CONSTR_PRIMARY' && indexname)
    return [
      contract('older releases may still write no value in its columns'),
      scan('reads all rows with an exclusive lock, unless its columns are NOT NULL already. Then waive this rule'),
    ];
  if (/UNIQUE|PRIMARY/.test(contype ?? ''))
    return indexname ? [] : [lock('builds an index with a lock. Build it CONCURRENTLY, then ADD … USING INDEX')];
  if (contype === 'CONSTR_EXCLUSION') return [lock('builds an index with an exclusive lock')];
  const requires =
    contype === 'CONSTR_NOTNULL' ||
    nodesOf(check, 'NullTest').some((node) => (node as NullTest).nulltesttype === 'IS_NOT_NULL') ||
    nodesOf(check, 'CoalesceExpr').length > 0 ||
    /"AEXPR_DISTINCT"|"NOT_EXPR".*"IS_NULL"|num_(non)?nulls/.test(JSON.stringify(check ?? {}));
  return [
    ...(requires ? [contract('older releases may still write no value where it requires one')] : []),
    ...(isUnchecked
      ? []
      : [scan('checks all rows with a lock. Add it NOT VALID, and VALIDATE CONSTRAINT in a later file')]),
  ];
}

function isNull(node: Node): boolean {
  if ('TypeCast' in node) return node.TypeCast.arg !== undefined && isNull(node.TypeCast.arg);
  return 'A_Const' in node && node.A_Const.isnull === true;
}

/** Functions that give one value for the whole statement, so that a new column costs no rewrite. */
const stable = new Set(['now', 'transaction_timestamp', 'statement_timestamp']);

function isVolatile(expression: Node): boolean {
  return functionsIn(expression).some((name) => !stable.has(name));
}

/** The functions that a tree calls, without their schemas. */
function functionsIn(tree: Node): readonly string[] {
  return nodesOf(tree, 'FuncCall').map((call) => lastName((call as FuncCall).funcname));
}

/** `orders` of `public.orders`. */
function lastName(names: readonly Node[] = []): string {
  return partsOf(names).at(-1) ?? '';
}

function partsOf(names: readonly Node[]): readonly string[] {
  return nodesOf(names, 'sval').map(String);
}

/** The tables whose rows a statement updates, deletes, merges or copies, even in a WITH. */
function changedTables(statement: Node): readonly (RangeVar | undefined)[] {
  const changes = ['UpdateStmt', 'DeleteStmt', 'MergeStmt'].flatMap((kind) => nodesOf(statement, kind));
  const inserts = nodesOf(statement, 'InsertStmt').filter((node) => isUnbounded(node as InsertStmt));
  return [...changes, ...inserts].map((node) => (node as { relation?: RangeVar }).relation);
}

/** Whether an INSERT adds more rows than it lists, or changes some that exist. */
function isUnbounded({ selectStmt, onConflictClause }: InsertStmt): boolean {
  const isQuery = selectStmt && 'SelectStmt' in selectStmt && !selectStmt.SelectStmt.valuesLists;
  return isQuery === true || onConflictClause?.action === 'ONCONFLICT_UPDATE';
}

/** All nodes of a kind within a tree. */
function nodesOf(tree: unknown, kind: string): readonly unknown[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [...(key === kind ? [value] : []), ...nodesOf(value, kind)]);
}
