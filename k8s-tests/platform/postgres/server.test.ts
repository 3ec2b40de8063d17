// cspell:ignore datdba proname proowner tableowner userbyid
/** The server of charts/postgres, without a cluster: who reaches which database, and with which rights. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePair } from '../../../cluster/credentials/partner-certificates.ts';
import { root } from '../../../cluster/paths.ts';
import { type ChartPostgres, chartPostgres } from '../../harness/chart-postgres.ts';
import { eventually } from '../../harness/eventually.ts';
import { holdConnections } from './hold-connections.ts';

const services = ['orders', 'payments'];
const roles = services.flatMap((name) => [name, `${name}-migrator`]);
let postgres: ChartPostgres;
beforeAll(async () => {
  postgres = await chartPostgres(services);
  await postgres.start();
  await migrate('payments');
}, 120_000);
afterAll(() => postgres?.remove());

/** Runs the program of the init container. */
function migrate(service: string) {
  const folder = postgres.mount(`${service}-migrator`);
  const env = { DATABASE_URL_FILE: join(folder, 'url'), DATABASE_CA_FILE: join(folder, 'ca.crt') };
  return execa(process.execPath, [join(root, 'services/migrate.ts'), service], { env });
}

async function withClient<T>(options: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

const query = (role: string, sql: string) => withClient(postgres.clientOptions(role), (client) => client.query(sql));
const connect = (options: pg.ClientConfig) => withClient(options, async () => 'connected');

describe('the role of the exporter', () => {
  const own = () => {
    const { user, password } = postgres.clientOptions('monitoring');
    return { user, password, host: postgres.socketFolder, port: postgres.port, database: 'postgres' };
  };
  const read = (sql: string) => withClient(own(), (client) => client.query(sql));

  test('sees the sessions of all roles, by the socket inside the pod', async () => {
    const session = new pg.Client(postgres.clientOptions('orders'));
    await session.connect();
    const { rows } = await read("SELECT state FROM pg_stat_activity WHERE usename = 'orders'");
    await session.end();
    expect(rows).toContainEqual({ state: 'idle' });
  });

  test('needs its password, and reaches no database of a service and no socket outside', async () => {
    await expect(connect({ ...own(), password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
    await expect(connect({ ...own(), database: 'orders' })).rejects.toMatchObject({ code: '28000' });
    await expect(connect(postgres.clientOptions('monitoring', 'postgres'))).rejects.toMatchObject({ code: '28000' });
  });

  test('changes nothing', async () => {
    await expect(read('CREATE TABLE a (b int)')).rejects.toMatchObject({ code: '42501' });
    await expect(read('ALTER SYSTEM SET work_mem = 64')).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a role', () => {
  test.each(roles.flatMap((role) => [...services, 'postgres', 'template1'].map((database) => [role, database])))(
    '%s reaches the database %s only if it is its own',
    async (role = '', database = '') => {
      const attempt = connect(postgres.clientOptions(role, database));
      if (role.replace('-migrator', '') === database) expect(await attempt).toBe('connected');
      else await expect(attempt).rejects.toMatchObject({ code: '28000' });
    },
  );

  test('is rejected without TLS, with a wrong password, and as superuser', async () => {
    const own = postgres.clientOptions('orders');
    await expect(connect({ ...own, ssl: false })).rejects.toMatchObject({ code: '28000' });
    await expect(connect({ ...own, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
    await expect(connect({ ...own, user: 'postgres' })).rejects.toMatchObject({ code: '28000' });
  });

  test('is rejected beyond its limit, and no other role notices', async () => {
    const clients = Array.from({ length: 5 }, () => new pg.Client(postgres.clientOptions('orders')));
    await Promise.all(clients.map((client) => client.connect()));
    await expect(connect(postgres.clientOptions('orders'))).rejects.toMatchObject({ code: '53300' });
    expect(await connect(postgres.clientOptions('payments'))).toBe('connected');
    expect(await connect(postgres.clientOptions('orders-migrator'))).toBe('connected');
    await Promise.all(clients.map((client) => client.end()));
  });
});

describe('a service', () => {
  test('reads and writes rows, of tables that come later as well', async () => {
    await query('payments-migrator', 'CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, note text)');
    for (const sql of [
      "INSERT INTO later (note) VALUES ('a')",
      "UPDATE later SET note = 'b'",
      'SELECT * FROM idempotency_keys, later, migrations',
      'DELETE FROM later',
      'TRUNCATE idempotency_keys',
      'LOCK TABLE later IN SHARE ROW EXCLUSIVE MODE',
    ])
      await expect(query('payments', `BEGIN; ${sql}`), sql).resolves.toBeDefined();
  });

  test.each([
    'CREATE TABLE a ()',
    'CREATE TEMPORARY TABLE a ()',
    'CREATE SCHEMA a',
    'CREATE FUNCTION a() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'ALTER TABLE idempotency_keys ADD COLUMN a int',
    'DROP TABLE idempotency_keys',
    'CREATE INDEX ON idempotency_keys (created_at)',
    'DELETE FROM migrations',
    'ALTER DATABASE payments SET statement_timeout = 1',
    'SET ROLE "payments-migrator"',
    'CREATE ROLE a',
    'ALTER ROLE "payments-migrator" PASSWORD \'a\'',
    "COPY (SELECT 1) TO PROGRAM 'id'",
  ])('cannot %s', async (sql) => {
    await expect(query('payments', sql)).rejects.toMatchObject({ code: '42501' });
  });

  test('cannot let others read its rows', async () => {
    await query('payments', 'GRANT SELECT ON idempotency_keys TO PUBLIC');
    const sql = "SELECT has_table_privilege('orders', 'idempotency_keys', 'SELECT') AS may";
    expect((await query('payments', sql)).rows).toEqual([{ may: false }]);
  });

  test('can be migrated again, which changes nothing', async () => {
    expect((await migrate('payments')).exitCode).toBe(0);
  });

  test('without a folder of migrations is an error that names it', async () => {
    const { exitCode, stderr } = await execa(process.execPath, [join(root, 'services/migrate.ts'), '../x'], {
      reject: false,
    });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('it got "../x"')]);
  });
});

describe('200 connections without a password', () => {
  test.each(['silent', 'asked for a password'] as const)(
    'that are %s lock no role out, and Postgres ends them within 10 s',
    async (kind) => {
      const held = await holdConnections(postgres.port, 200, kind);
      try {
        expect(await connect(postgres.clientOptions('payments'))).toBe('connected');
        expect(await connect(postgres.clientOptions('orders-migrator'))).toBe('connected');
        await eventually(async () => expect(held.open()).toBe(0), { timeoutMs: 10_000, intervalMs: 200 });
      } finally {
        held.close();
      }
    },
  );
});

test('a renewed certificate is loaded without a restart', async () => {
  const started = 'SELECT pg_postmaster_start_time() AS at';
  const before = (await query('orders', started)).rows;
  const pair = await makePair('localhost');
  postgres.replaceCertificate(pair);
  const options = { ...postgres.clientOptions('orders'), ssl: { ca: pair['ca.crt'] } };
  const after = await eventually(() => withClient(options, (client) => client.query(started)), {
    timeoutMs: 15_000,
    intervalMs: 200,
  });
  expect(after.rows).toEqual(before);
});

describe('a data folder of an earlier release', () => {
  test('whose services own their databases gets migrators, and keeps its rows', async () => {
    const server = await chartPostgres(['payments']);
    try {
      await server.start();
      const migrator = server.clientOptions('payments-migrator');
      await withClient(migrator, async (client) => {
        await client.query('CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, note text)');
        await client.query("INSERT INTO notes (note) VALUES ('kept')");
        await client.query('CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$');
      });
      // As the earlier release left it.
      await server.asSuperuser('payments', 'REASSIGN OWNED BY "payments-migrator" TO payments');
      await server.start();
      await withClient(migrator, async (client) => {
        const { rows } = await client.query(
          `SELECT tableowner AS table, pg_get_userbyid(proowner) AS function, pg_get_userbyid(datdba) AS database
           FROM pg_tables, pg_proc, pg_database WHERE tablename = 'notes' AND proname = 'one' AND datname = 'payments'`,
        );
        const owner = 'payments-migrator';
        expect(rows).toEqual([{ table: owner, function: owner, database: owner }]);
        expect((await client.query('SELECT note FROM notes')).rows).toEqual([{ note: 'kept' }]);
      });
      expect(await connect(server.clientOptions('payments'))).toBe('connected');
      writeFileSync(join(server.rolesFolder, 'payments'), 'changed');
      await server.stop();
      await server.start();
      expect(await connect({ ...server.clientOptions('payments'), password: 'changed' })).toBe('connected');
    } finally {
      await server.remove();
    }
  }, 120_000);
});
