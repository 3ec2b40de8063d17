import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '../progress.ts';
import { CommandError } from '../run.ts';
import { backUp } from './back-up.ts';
import { type Backup, readBackup } from './folder.ts';
import { followUp } from './follow-up.ts';
import { type RestoreOptions, restore } from './restore.ts';
import { FakeServer } from './testing.ts';

let parent: string;
let to: string;
let server: FakeServer;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'windlass-backup-'));
  to = join(parent, 'backup');
  server = new FakeServer();
  for (const name of ['acquirer', 'inventory', 'orders', 'payments']) server.databases.set(name, `rows of ${name}`);
});
afterEach(() => rmSync(parent, { recursive: true }));

const options: RestoreOptions = { replace: false, withoutWriters: (work) => work(), newestSchema: async () => 19 };
const back = () => backUp(to, '0.1.0', server, silent);
const manifestFile = () => join(to, 'manifest.json');
function emptyServer(): FakeServer {
  const empty = new FakeServer();
  for (const name of server.databases.keys()) empty.databases.set(name, '');
  return empty;
}

describe('a backup', () => {
  test('has a dump of every database, that of orders after those of its callees and before its partner', async () => {
    const { databases } = await back();
    expect(databases.map(({ name }) => name)).toEqual(['inventory', 'payments', 'orders', 'acquirer']);
    expect(databases[0]).toMatchObject({ schema: 19, bytes: 20, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await readBackup(to)).toEqual({ format: 1, windlass: '0.1.0', postgres: 18, databases });
  });

  test('can be read by its owner only', async () => {
    await back();
    expect(statSync(to).mode & 0o777).toBe(0o700);
    expect(readdirSync(to).map((file) => statSync(join(to, file)).mode & 0o777)).toEqual([
      0o600, 0o600, 0o600, 0o600, 0o600,
    ]);
  });

  test('appears complete or not at all', async () => {
    server.fails = 'dump';
    await expect(back()).rejects.toThrow('unexpected end of file');
    expect(readdirSync(parent)).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['a file', () => writeFileSync(to, '')],
    ['a folder', () => mkdirSync(to)],
    ['a link to a folder', () => symlinkSync(parent, to)],
    ['a link to nothing', () => symlinkSync(join(parent, 'nothing'), to)],
  ])('refuses %s that exists', async (_, make) => {
    make();
    await expect(back()).rejects.toThrow(`--to ${to}: exists. A backup is never overwritten: name a new folder`);
    expect(readdirSync(parent)).toEqual(['backup']);
  });

  test('refuses a mount point', async () => {
    await expect(backUp('/proc', '0.1.0', server, silent)).rejects.toThrow('--to /proc: ');
  });

  test.each(['/proc/backup', `${import.meta.filename}/backup`, `${import.meta.dirname}/nothing/backup`])(
    'names --to %s if no folder can be made there',
    async (folder) => {
      await expect(backUp(folder, '0.1.0', server, silent)).rejects.toThrow(`--to ${folder}: no folder can be made in`);
    },
  );

  test('is complete even if a second one to the same folder begins, which fails and says why', async () => {
    const ends = await Promise.allSettled([back(), back()]);
    const [reason] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    expect(reason?.message).toContain(`--to ${to}: ${to}.unfinished exists: another backup writes it`);
    expect(ends).toContainEqual({ status: 'fulfilled', value: await readBackup(to) });
  });

  test('deletes nothing that a killed one left', async () => {
    mkdirSync(`${to}.unfinished`);
    writeFileSync(`${to}.unfinished/orders.dump`, 'rows');
    await expect(back()).rejects.toThrow(`--to ${to}: ${to}.unfinished exists`);
    expect(readFileSync(`${to}.unfinished/orders.dump`, 'utf8')).toBe('rows');
  });
});

describe('a restore', () => {
  beforeEach(back);

  test('fills empty databases with what was backed up, and leaves nothing beside them', async () => {
    const empty = emptyServer();
    await restore(to, empty, options, silent);
    expect(empty.databases).toEqual(server.databases);
  });

  test('replaces nothing unless it is asked to', async () => {
    server.databases.set('orders', 'newer rows');
    await expect(restore(to, server, options, silent)).rejects.toThrow(
      /inventory: is not empty.*orders: is not empty/s,
    );
    expect(server.databases.get('orders')).toBe('newer rows');
    await restore(to, server, { ...options, replace: true }, silent);
    expect(server.databases.get('orders')).toBe('rows of orders');
  });

  test('that fails changes no database', async () => {
    const empty = emptyServer();
    empty.fails = 'load';
    await expect(restore(to, empty, options, silent)).rejects.toThrow('pg_restore: error');
    expect([...empty.databases.values()]).toEqual(['', '', '', '']);
    expect(empty.statements.join()).toContain('DROP DATABASE IF EXISTS "orders.loading"');
  });

  test('says that the databases are restored, and what is left to do, if the services do not start', async () => {
    const withoutWriters = async <T>(work: () => Promise<T>): Promise<T> => {
      await work();
      throw new CommandError('start of deployment/orders failed');
    };
    const empty = emptyServer();
    await expect(restore(to, empty, { ...options, withoutWriters }, silent)).rejects.toThrow(
      /databases are restored.*start of deployment\/orders failed.*make up.*npm run saga -- repeat --since/s,
    );
    expect(empty.databases).toEqual(server.databases);
  });

  test('checks everything before a service is stopped, and names all that is wrong', async () => {
    const empty = emptyServer();
    empty.major = 17;
    empty.databases.delete('orders');
    const withoutWriters = () => Promise.reject(new Error('stopped'));
    const newestSchema = async (name: string) => (name === 'payments' ? 3 : 19);
    await expect(restore(to, empty, { replace: false, withoutWriters, newestSchema }, silent)).rejects.toThrow(
      /version 18, and this server is 17.*payments: the backup has migration 19, and this release knows 3.*orders: Postgres has no such database/s,
    );
  });

  test('refuses a folder whose files are not as they were written, naming each', async () => {
    writeFileSync(join(to, 'orders.dump'), 'rows of OrderSend');
    writeFileSync(join(to, 'payments.dump'), '');
    rmSync(join(to, 'inventory.dump'));
    await expect(restore(to, emptyServer(), options, silent)).rejects.toThrow(
      /--from .*: inventory.dump is missing.*payments.dump has 0 bytes.*orders.dump has another checksum/s,
    );
  });

  const manifest = () => JSON.parse(readFileSync(manifestFile(), 'utf8')) as Backup;

  test.each([
    ['format', 2, 'format: must be 1: another release of Windlass has made this backup'],
    ['databases', [{ name: '../orders' }], 'databases[0].name: must be the name of a database'],
    ['extra', 1, 'manifest.json: Unrecognized key: "extra"'],
  ])('refuses a manifest with another %s, naming the field', async (field, value, message) => {
    writeFileSync(manifestFile(), JSON.stringify({ ...manifest(), [field]: value }));
    await expect(restore(to, emptyServer(), options, silent)).rejects.toThrow(message);
  });

  test('refuses a manifest that has a database twice, naming the second', async () => {
    const { databases, ...rest } = manifest();
    writeFileSync(manifestFile(), JSON.stringify({ ...rest, databases: [...databases, databases[0]] }));
    await expect(restore(to, emptyServer(), options, silent)).rejects.toThrow(
      `--from ${to}: manifest.json: databases[4].name: must differ from others, not be inventory`,
    );
  });

  test('refuses a folder that is no backup', async () => {
    await expect(restore(parent, emptyServer(), options, silent)).rejects.toThrow(
      `--from ${parent}: manifest.json cannot be read, so it is not a complete backup`,
    );
    writeFileSync(manifestFile(), '{');
    await expect(restore(to, emptyServer(), options, silent)).rejects.toThrow(
      `--from ${to}: manifest.json is not JSON`,
    );
  });
});

test('after a restore the services are told again since a minute before the first dump', async () => {
  const backup = await back();
  const databases = backup.databases.map((each, index) => ({ ...each, at: `2026-11-27T10:0${index}:00.000Z` }));
  expect(followUp({ ...backup, databases })).toContain('repeat --since 2026-11-27T09:59:00.000Z --reason "');
});
