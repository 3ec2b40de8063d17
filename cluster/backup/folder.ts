import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { UserError } from '../settings.ts';

const MANIFEST = 'manifest.json';

const database = z.strictObject({
  /** Also of its file, `<name>.dump`. */
  name: z.string().regex(/^[a-z][-a-z0-9]*$/, 'must be the name of a database'),
  /** The number of its newest migration; 0: it has no table. */
  schema: z.int().min(0),
  /** By the clock of Postgres, just before the moment that the dump shows. */
  at: z.iso.datetime(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
});

const manifest = z.strictObject({
  format: z.literal(1, { error: 'must be 1: another release of Windlass has made this backup' }),
  /** The version of Windlass. */
  windlass: z.string(),
  /** The major version of Postgres. */
  postgres: z.int().positive(),
  databases: z
    .array(database)
    .min(1)
    .superRefine((databases, context) => {
      for (const [index, { name }] of databases.entries())
        if (databases.findIndex((other) => other.name === name) < index)
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `must differ from others, not be ${name}`,
          });
    }),
});

export type Backup = z.infer<typeof manifest>;
export type DatabaseBackup = z.infer<typeof database>;

export function dumpFile(folder: string, name: string): string {
  return join(folder, `${name}.dump`);
}

export async function writeManifest(folder: string, backup: Backup): Promise<void> {
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(backup, undefined, 2)}\n`, { mode: 0o600 });
}

/**
 * Reads what a folder has the dumps of, and every dump.
 * @throws UserError that names `--from`, every field and every file that is not as it was written
 */
export async function readBackup(folder: string): Promise<Backup> {
  const wrong = (messages: readonly string[]) =>
    new UserError(messages.map((message) => `--from ${folder}: ${message}`).join('\n'));
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => {
    throw wrong([`${MANIFEST} cannot be read, so it is not a complete backup`]);
  });
  const parsed = manifest.safeParse(parse(text, (message) => wrong([`${MANIFEST} is not JSON: ${message}`])));
  if (!parsed.success)
    throw wrong(
      parsed.error.issues.map(({ path, message }) =>
        [MANIFEST, z.core.toDotPath(path), message].filter(Boolean).join(': '),
      ),
    );
  const faults = await Promise.all(parsed.data.databases.map((one) => faultOf(folder, one)));
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw wrong(found);
  return parsed.data;
}

function parse(text: string, failure: (message: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure((error as Error).message);
  }
}

async function faultOf(folder: string, { name, bytes, sha256 }: DatabaseBackup): Promise<string | undefined> {
  const file = `${name}.dump`;
  const found = await describeDump(dumpFile(folder, name)).catch(() => undefined);
  if (!found) return `${file} is missing`;
  if (found.bytes !== bytes) return `${file} has ${found.bytes} bytes, and was written with ${bytes}`;
  if (found.sha256 !== sha256) return `${file} has another checksum than it was written with`;
  return undefined;
}

export async function describeDump(file: string): Promise<Pick<DatabaseBackup, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}
