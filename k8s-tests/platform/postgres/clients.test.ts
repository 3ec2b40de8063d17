/** What services accept of a server, and how they live through a rotation, on the server of charts/postgres. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePair } from '../../../cluster/credentials/partner-certificates.ts';
import { setPassword } from '../../../cluster/credentials/set-password.ts';
import { silentLog } from '../../../services/lib/observability/log.ts';
import { openDatabase } from '../../../services/lib/postgres/database.ts';
import { startPostgres } from '../../../services/lib/testing/databases.ts';
import { type ChartPostgres, chartPostgres } from '../../harness/chart-postgres.ts';
import { eventually } from '../../harness/eventually.ts';

let postgres: ChartPostgres;
let folder: string;
beforeAll(async () => {
  postgres = await chartPostgres(['orders'], 30);
  await postgres.start();
}, 120_000);
afterAll(() => postgres?.remove());
beforeEach(() => {
  folder = postgres.mount('orders');
});

const files = () => ({ urlFile: join(folder, 'url'), caFile: join(folder, 'ca.crt') });
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** One query over a new connection, with the files as they are. */
async function connectOnce(): Promise<unknown> {
  const database = openDatabase(files(), silentLog);
  return await database.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()').then(
    async ({ rows }) => {
      await database.close();
      return rows;
    },
    async (error: Error) => {
      await database.close();
      return (error.cause as Error).message;
    },
  );
}

describe('a service', () => {
  test('connects with TLS 1.3', async () => {
    expect(await connectOnce()).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
  });

  test('trusts no other authority, and reads the file again for the next connection', async () => {
    const { 'ca.crt': other = '' } = await makePair('localhost');
    const database = openDatabase(files(), silentLog);
    write('ca.crt', other);
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await connectOnce()).toMatch(/unable to verify|self-signed|unable to get/);
    write('ca.crt', `${other}\n${postgres.ca}`);
    expect((await database.query('SELECT 1')).rowCount).toBe(1);
    await database.close();
  });

  test('rejects a certificate for another host', async () => {
    write('url', postgres.urlOf('orders').replace('localhost', '127.0.0.1'));
    expect(await connectOnce()).toMatch(/does not match certificate/);
  });

  test('rejects a server without TLS', async () => {
    const plain = await startPostgres();
    write('url', plain.url.replace('127.0.0.1', 'localhost'));
    const answer = await connectOnce();
    await plain.stop();
    expect(answer).toBe('The server does not support SSL connections');
  });

  test('needs the authority unless the database is on its own host', () => {
    write('url', 'postgres://orders:hunter2@postgres.example/orders');
    const { urlFile } = files();
    expect(() => openDatabase({ urlFile }, silentLog)).toThrow('DATABASE_CA_FILE is missing');
    expect(() => openDatabase({ urlFile }, silentLog)).not.toThrow('hunter2');
  });

  test('with a wrong password finds its database unavailable', async () => {
    write('url', postgres.urlOf('orders').replace('password-of-orders', 'wrong'));
    expect(await connectOnce()).toContain('28P01');
  });
});

test('an expired certificate is rejected', async () => {
  const other = await chartPostgres(['orders']);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 400 * 86_400_000 });
  const expired = await makePair('localhost');
  vi.useRealTimers();
  other.replaceCertificate(expired);
  await other.start();
  folder = other.mount('orders');
  write('ca.crt', expired['ca.crt'] ?? '');
  const answer = await connectOnce();
  await other.remove();
  expect(answer).toMatch(/expired/);
});

test('no query fails while the password is rotated, over old connections and new ones', async () => {
  const urls = { previous: postgres.urlOf('orders'), current: postgres.urlOf('orders').replace('password-of', 'new') };
  /** As a kubelet exchanges files: each at once. */
  const exchange = (name: string, text: string) => {
    write(`.${name}`, text);
    renameSync(join(folder, `.${name}`), join(folder, name));
  };
  const pooled = openDatabase(files(), silentLog);
  const counts = { pooled: 0, fresh: 0 };
  let isDone = false;
  const repeat = async (kind: keyof typeof counts, query: () => Promise<unknown>) => {
    while (!isDone) {
      await query();
      counts[kind]++;
    }
  };
  const queries = Promise.all([
    ...[1, 2, 3].map(() => repeat('pooled', () => pooled.query('SELECT pg_sleep(0.01)'))),
    ...[1, 2, 3].map(() =>
      repeat('fresh', async () => {
        const database = openDatabase(files(), silentLog);
        await Promise.all([database.query('SELECT 1'), database.transaction((tx) => tx.query('SELECT 2'))]);
        await database.close();
      }),
    ),
  ]);
  const settle = async () => {
    const before = counts.fresh;
    await eventually(() => expect(counts.fresh).toBeGreaterThan(before + 6), { timeoutMs: 20_000, intervalMs: 20 });
  };
  const rotate = async () => {
    await settle();
    exchange('previous-url', urls.previous);
    exchange('url', urls.current);
    await settle();
    await setPassword([urls.current, urls.previous], postgres.ca, (work) => work(postgres.port));
    await settle();
    // A second time, as after an interruption.
    await setPassword([urls.current, urls.previous], postgres.ca, (work) => work(postgres.port));
    rmSync(join(folder, 'previous-url'));
    await settle();
  };
  await Promise.race([queries, rotate()]).finally(() => {
    isDone = true;
  });
  await queries;
  await pooled.close();
  write('url', urls.previous);
  expect(await connectOnce()).toContain('28P01');
});
