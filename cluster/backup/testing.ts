import { readFile, writeFile } from 'node:fs/promises';
import { CommandError } from '../run.ts';
import type { DatabaseServer } from './server.ts';

/** A server for tests, whose databases are texts. A dump is the text of a database and `end`. */
export class FakeServer implements DatabaseServer {
  readonly databases = new Map<string, string>();
  readonly statements: string[] = [];
  major = 18;
  /** Dumps end early, or cannot be loaded. */
  fails: 'dump' | 'load' | undefined;

  async query(sql: string, { database = 'postgres' } = {}): Promise<readonly string[]> {
    this.statements.push(sql);
    if (sql.includes('FROM pg_database')) return [...this.databases.keys()].toSorted();
    if (sql.includes('server_version_num')) return [String(this.major)];
    if (sql.includes('to_char(now()')) return [`2026-11-27T10:00:0${this.statements.length % 10}.000Z`];
    const isEmpty = (this.databases.get(database) ?? '') === '';
    if (sql.includes('to_regclass')) return [isEmpty ? 'f' : 't'];
    if (sql.includes('FROM public.migrations')) return ['19'];
    if (sql.includes('pg_tables')) return [isEmpty ? 'f' : 't'];
    for (const [, from = '', to = ''] of sql.matchAll(/ALTER DATABASE "(\S+)" RENAME TO "(\S+)";/g)) {
      this.databases.set(to, this.databases.get(from) ?? '');
      this.databases.delete(from);
    }
    for (const [, name = ''] of sql.matchAll(/DROP DATABASE (?:IF EXISTS )?"(\S+)";/g)) this.databases.delete(name);
    return [];
  }

  async dump(database: string, file: string): Promise<void> {
    const end = this.fails === 'dump' ? '' : 'end';
    await writeFile(file, `${this.databases.get(database)}${end}`, { mode: 0o600 });
  }

  async readThrough(file: string): Promise<void> {
    if (!(await readFile(file, 'utf8')).endsWith('end')) throw new CommandError('pg_restore: unexpected end of file');
  }

  async load(file: string, database: string): Promise<void> {
    if (this.fails === 'load') throw new CommandError('pg_restore: error');
    this.databases.set(database, (await readFile(file, 'utf8')).replace(/end$/, ''));
  }
}
