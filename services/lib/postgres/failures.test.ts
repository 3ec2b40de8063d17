import { randomBytes, randomUUID } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderPlaced } from '../../contracts/events.ts';
import { done, handleMessage } from '../messaging/handle-message.ts';
import type { IncomingMessage } from '../messaging/message.ts';
import { silentLog } from '../observability/log.ts';
import { startPostgres, type TestPostgres } from '../testing/databases.ts';
import { type Database, openDatabase, type Queryable } from './database.ts';
import { StatementError } from './failures.ts';

let postgres: TestPostgres;
let database: Database;
/** Its pool is not the one under test. */
let operator: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  database = openDatabase(await postgres.createDatabase('shop'), silentLog);
  operator = openDatabase(postgres.url, silentLog);
  await database.query(`CREATE TABLE notes (number int UNIQUE DEFERRABLE INITIALLY DEFERRED, note varchar(20))`);
  await database.query(`CREATE FUNCTION fail(state text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'secret of %', state USING ERRCODE = state; END $$`);
  await database.query(`CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.note = 'terminate' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    IF NEW.note LIKE 'state %' THEN PERFORM fail(substr(NEW.note, 7)); END IF;
    RETURN NULL; END $$`);
  await database.query(`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_at_commit()`);
});
afterAll(async () => {
  await Promise.all([database.close(), operator.close()]);
  await postgres.stop();
});

const raise = (db: Queryable, state: string) => db.query('SELECT fail($1)', [state]);
const insert = (db: Queryable, id: number, note: string) => db.query('INSERT INTO notes VALUES ($1, $2)', [id, note]);

async function processIdOf(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** How a consumer ends an event whose handler runs this work. */
async function deliver(work: (tx: Queryable) => Promise<unknown>): Promise<string> {
  const handle = async () => {
    await database.transaction(work);
    return done;
  };
  const message: IncomingMessage = {
    topic: 'orders.v1',
    partition: 0,
    offset: '0',
    key: Buffer.from('o-1'),
    value: Buffer.from('{}'),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: orderPlaced.source,
      ce_type: orderPlaced.type,
      ce_subject: 'o-1',
      ce_time: new Date().toISOString(),
    },
  };
  const publisher = { publish: async () => undefined };
  const handlers = [{ event: orderPlaced, handle }];
  const options = { group: 'notifications', handlers, publisher, log: silentLog, firstBackOffMs: 1 };
  return (await handleMessage(message, options)).kind;
}

const outages = [
  ...['25006', '25P03', '25P04', '57P01', '57P02', '57P03', '57P04', '57P05', '57014', '57000'],
  ...['53000', '53100', '53200', '53300', '53400', '58000', '58030', '58P01', '58P02', 'XX000', 'XX001', 'XX002'],
  ...['08000', '08003', '08006', '08P01', '55000', '55006', '55P03', '40000', '40001', '40P01', '28000', '28P01'],
  ...['3D000', '3F000', 'F0000', 'F0001', 'HV000', 'HV00N', '26000', '0A000', '54000', '72000', '42501', '42P01'],
  ...[
    '42804',
    '428C9',
    '42809',
    '42P17',
    '42846',
    '42725',
    '42P18',
    '42P22',
    '2200H',
    'P0001',
    'P0002',
    'P0004',
    '20000',
  ],
  ...['42703', '42704', '42883', '42P05', '42P10', 'ZZ123', '99999', '0B000', '25001', '2D000', '01000', '03000'],
];
const defects = [
  ...['22000', '22001', '22003', '22012', '22021', '22P02', '22P05', '23000', '23502', '23503', '23505', '23514'],
  ...['23P01', '21000', '27000', '44000', '42601', '42702'],
];

test.each(outages)('a handler that meets the state %s of Postgres is postponed', async (state) => {
  expect(await deliver((tx) => raise(tx, state))).toBe('postponed');
});

test.each(defects)('a handler whose statement or data Postgres rejects with %s is dead-lettered', async (state) => {
  expect(await deliver((tx) => raise(tx, state))).toBe('dead-lettered');
  await expect(database.query('SELECT fail($1)', [state])).rejects.toBeInstanceOf(StatementError);
});

const parcels = [
  'DROP TABLE IF EXISTS parcels',
  'CREATE TABLE parcels (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL)',
  "INSERT INTO parcels (name) VALUES ('first'), ('second')",
];
const maintenance = [
  `CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'maintenance'; END $$`,
  'CREATE TRIGGER reject BEFORE INSERT ON parcels FOR EACH ROW EXECUTE FUNCTION reject()',
];
const generated = [
  'ALTER TABLE parcels DROP name',
  "ALTER TABLE parcels ADD name text GENERATED ALWAYS AS ('x') STORED",
];

const partitioned = [
  'DROP TABLE parcels',
  'CREATE TABLE parcels (id bigint GENERATED ALWAYS AS IDENTITY, name text) PARTITION BY LIST (name)',
];

test.each([
  ['a sequence behind its table', ["SELECT setval('parcels_id_seq', 1)"]],
  ['an exhausted sequence', ['ALTER TABLE parcels ALTER id SET MAXVALUE 2']],
  ['a column that has lost its sequence', ['ALTER TABLE parcels ALTER id DROP IDENTITY']],
  ['a column that is generated', generated],
  ['a column that is newly required', ['DELETE FROM parcels', 'ALTER TABLE parcels ADD weight int NOT NULL']],
  ['a table without a partition for its rows', partitioned],
  ["an operator's trigger for maintenance", maintenance],
])('a handler that meets %s is postponed', async (_what, state) => {
  for (const sql of [...parcels, ...state]) await database.query(sql);
  expect(await deliver((tx) => tx.query("INSERT INTO parcels (name) VALUES ('third')"))).toBe('postponed');
});

test.each([
  ['a duplicate', 'first'],
  ['a missing value', null],
  ['a text that is too long for an index', randomBytes(8_000).toString('hex')],
])('a handler whose event has %s is dead-lettered', async (_what, name) => {
  for (const sql of parcels) await database.query(sql);
  const insertName = (tx: Queryable) => tx.query('INSERT INTO parcels (name) VALUES ($1)', [name]);
  expect(await deliver(insertName)).toBe('dead-lettered');
});

test('an error of the work itself stays as it is, and so does a parameter that is not JSON', async () => {
  const error = new TypeError('no such property');
  await expect(database.transaction(() => Promise.reject(error))).rejects.toBe(error);
  await expect(database.transaction((tx) => tx.query('SELECT $1::jsonb', [{ n: 1n }]))).rejects.toThrow(TypeError);
});

test('the connection of a transaction or a query that met an outage is closed, and the one of a defect is kept', async () => {
  const connection = async (state: string) => {
    let pid = 0;
    const met = database.transaction(async (tx) => {
      pid = await processIdOf(tx);
      await raise(tx, state);
    });
    await met.catch(() => undefined);
    return pid;
  };
  expect(await connection('23505')).toBe(await processIdOf(database));
  const met = await connection('25006');
  expect(await processIdOf(database)).not.toBe(met);
  const before = await processIdOf(database);
  await raise(database, 'XX000').catch(() => undefined);
  expect(await processIdOf(database)).not.toBe(before);
});

test('after a failover to a read-only server and back the same process writes again', async () => {
  const setReadOnly = async (value: 'on' | 'off') => {
    await operator.query(`ALTER DATABASE shop SET default_transaction_read_only = ${value}`);
    if (value === 'on') {
      await operator.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'");
    }
  };
  await setReadOnly('on');
  await sleep(50);
  const write = (id: number) => deliver((tx) => insert(tx, id, 'while read-only'));
  expect(new Set(await Promise.all([1, 2, 3, 4, 5].map(write)))).toEqual(new Set(['postponed']));
  await expect(insert(database, 6, 'no')).rejects.toMatchObject({ code: 'unavailable', cause: { code: '25006' } });
  await setReadOnly('off');
  expect(await Promise.all([1, 2, 3, 4, 5].map(write))).toEqual(Array(5).fill('done'));
});

test('a transaction that ignores a failed statement ends with the failure of that statement', async () => {
  const ignoring = (state: string, next: (tx: Queryable) => Promise<unknown>) =>
    database.transaction(async (tx) => {
      await raise(tx, state).catch(() => undefined);
      await next(tx);
    });
  const nothing = async () => undefined;
  await expect(ignoring('23505', nothing)).rejects.toMatchObject({ code: '23505' });
  await expect(ignoring('22P02', processIdOf)).rejects.toMatchObject({ code: '22P02' });
  await expect(ignoring('25006', nothing)).rejects.toMatchObject({ code: 'unavailable', cause: { code: '25006' } });
});

describe('COMMIT', () => {
  test('that violates a deferred constraint is a defect, for nothing was stored', async () => {
    await database.transaction((tx) => insert(tx, 10, 'first'));
    const second = database.transaction((tx) => insert(tx, 10, 'second'));
    await expect(second).rejects.toMatchObject({ name: 'StatementError', code: '23505' });
  });

  test.each(['40001', '53100', '25006', 'XX000'])(
    'that Postgres answers with %s is unavailable, for nothing was stored',
    async (state) => {
      const failing = database.transaction((tx) => insert(tx, 11, `state ${state}`));
      await expect(failing).rejects.toMatchObject({ code: 'unavailable', cause: { code: state } });
      expect((await database.query('SELECT FROM notes WHERE number = 11')).rowCount).toBe(0);
    },
  );

  test('during which the connection ends has an unknown outcome', async () => {
    const failing = database.transaction((tx) => insert(tx, 12, 'terminate'));
    await expect(failing).rejects.toMatchObject({ code: 'outcome-unknown', cause: { code: '57P01' } });
  });

  test('that is never sent, because the connection has ended before, stored nothing', async () => {
    const failing = database.transaction(async (tx) => {
      await operator.query('SELECT pg_terminate_backend($1)', [await processIdOf(tx)]);
      await sleep(100);
    });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a migration that meets an outage is unavailable, and one that names a missing table is a defect', async () => {
  await expect(database.session((client) => client.query('SELECT fail($1)', ['25006']))).rejects.toMatchObject({
    code: 'unavailable',
  });
  const replaced = database.session(async (client) => {
    await client.query('SELECT fail($1)', ['57P03']).catch(() => {
      throw new Error('without a cause');
    });
  });
  await expect(replaced).rejects.toMatchObject({ code: 'unavailable' });
  await expect(database.session((client) => client.query('SELECT FROM nowhere'))).rejects.toThrow(StatementError);
});

const authenticated = [0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49];

test.each([
  ['the answer of an HTTP server', [...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
  ['an unknown kind of authentication', [0x52, 0, 0, 0, 8, 0, 0, 0, 99]],
  ['an empty error', [0x45, 0, 0, 0, 5, 0]],
  ['an unexpected end of a command', [0x43, 0, 0, 0, 4]],
  ['a row that is shorter than it says', [0x44, 0, 0, 0, 6, 0xff, 0xff]],
  ['a key that is cut', [0x4b, 0, 0, 0, 5, 1]],
])('a server that answers %s is unavailable, and the process goes on', async (_what, answer) => {
  for (const welcome of [[], authenticated]) {
    const server = createServer((socket) => {
      let received = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        socket.write(Buffer.from(received++ === 0 && welcome.length > 0 ? welcome : answer));
        setTimeout(() => socket.destroy(), 50);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const lying = openDatabase(`postgres://test@127.0.0.1:${(server.address() as AddressInfo).port}/shop`, silentLog);
    await expect(lying.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(lying.transaction((tx) => tx.query('SELECT 1'))).rejects.toMatchObject({ code: 'unavailable' });
    await lying.close();
    server.close();
  }
});
