// cspell:ignore defaclrole defaclobjtype regrole
import type { Database } from './database.ts';

/** An arbitrary number for an advisory lock: pods of one service start at the same time. Nothing else uses it. */
const rightsLock = 7_219_004;

const rights = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';

/**
 * Lets a service read and write the rows of every table, also those of later migrations, and nothing else. The owner of
 * the tables calls it after each migration; only the first call changes anything. The service's role has the name of the
 * database. TRUNCATE is among the rights, because a role that may delete every row may as well do it quickly. The record
 * of migrations can only be read.
 */
export async function grantRows(database: Database): Promise<void> {
  const { rows } = await database.query<{ service: string; isDone: boolean }>(
    `SELECT quote_ident(current_database()) AS service, EXISTS (SELECT FROM pg_default_acl
       WHERE defaclrole = current_user::regrole AND defaclobjtype = 'r') AS "isDone"`,
  );
  const { service: role, isDone } = rows[0] ?? { service: '', isDone: true };
  if (isDone) return;
  await database.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(${rightsLock})`);
    await tx.query(`ALTER DEFAULT PRIVILEGES GRANT ${rights} ON TABLES TO ${role}`);
    await tx.query(`ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO ${role}`);
    await tx.query(`GRANT ${rights} ON ALL TABLES IN SCHEMA public TO ${role}`);
    await tx.query(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
    await tx.query(`REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON migrations FROM ${role}`);
  });
}
