import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCollector } from '../testing/collector.ts';
import { startPostgres, type TestPostgres } from '../testing/databases.ts';
import { createLog } from './log.ts';
import { describeError } from './serialize-error.ts';

const secret = 'Hidden Street 17';
let postgres: TestPostgres;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(`CREATE TABLE parcels (
    id uuid, street text NOT NULL UNIQUE, token varchar(8), weight int CHECK (weight > 0), document jsonb)`);
  await client.query(`INSERT INTO parcels (street) VALUES ('${secret}')`);
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
});

const insert = (columns: string) =>
  `INSERT INTO parcels (${columns}) VALUES (${columns.split(',').map((_, index) => `$${index + 1}`)})`;
const violations: Record<string, [sql: string, params: unknown[]]> = {
  '23505': [insert('street'), [secret]],
  '23514': [insert('street,weight'), [`${secret} a`, -1]],
  '23502': [insert('street,token'), [null, 'Hidden S']],
  '22001': [insert('street,token'), [`${secret} b`, secret]],
  '22P02': [insert('id,street'), [secret, `${secret} c`]],
  '22003': [`SELECT $1::text::numeric::int, '${secret}'::text`, ['99999999999']],
  '22021': [insert('street'), [`${secret}\u0000`]],
  '22007': ['SELECT $1::timestamptz', [secret]],
  P0001: [`DO $$ BEGIN RAISE EXCEPTION 'no ${secret}' USING HINT = '${secret}'; END $$`, []],
};

test.each(Object.entries(violations))('a log line about %s of pg itself has no data', async (state, [sql, params]) => {
  const error: pg.DatabaseError = await client
    .query(sql, params.length > 0 ? params : undefined)
    .catch((thrown) => thrown);
  expect(error.code).toBe(state);
  const lines: string[] = [];
  const log = createLog('orders', 'info', { write: (line) => lines.push(line) });
  log.error({ err: error }, 'plain');
  log.error(error);
  log.error({ err: new Error('outer', { cause: new AggregateError([error], 'inner') }), all: [{ error }] }, 'nested');
  for (const line of [...lines, describeError(error)]) {
    expect(line).not.toContain('Hidden S');
    expect(line).toContain(state);
  }
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { code: state, stack: expect.stringMatching(/^ {4}at /) } });
});

test('the message of a text that cannot be parsed is not logged, for it quotes the text', () => {
  expect(() => JSON.parse(secret)).toThrow(secret.slice(0, 6));
  try {
    JSON.parse(secret);
  } catch (error) {
    const lines: string[] = [];
    createLog('orders', 'info', { write: (line) => lines.push(line) }).error({ err: error });
    expect(lines[0]).not.toContain('Hidden');
  }
});

test('neither the log, nor an answer, nor a span of a service quotes what Postgres rejected', async () => {
  const collector = await startCollector();
  const statements = Object.values(violations).filter(([sql]) => !sql.includes(secret));
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    STATEMENTS: JSON.stringify(statements),
    OTEL_SERVICE_NAME: 'violations',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    ADMIN_PORT: '0',
  };
  const program = join(import.meta.dirname, '../testing/violations-program.ts');
  const args = ['--import', join(import.meta.dirname, 'register.ts'), program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  collector.stop();
  const names = collector.spans.map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('pg.query:INSERT'))).toHaveLength(6);
  expect(stdout).toContain('23505');
  for (const output of [stdout, stderr, ...collector.spans.map(({ bytes }) => bytes.toString())]) {
    expect(output).not.toContain('Hidden S');
  }
});
