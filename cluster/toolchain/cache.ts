import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** The cache of builds and downloads, `~/.cache/windlass`. All checkouts of this user share it. */
export const cacheFolder = join(homedir(), '.cache', 'windlass');

/** A short hash of strings, to name what they determine: 16 hexadecimal digits. */
export function keyOf(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** The path and content of every file below a folder, as input of `keyOf`, in an order that no file system changes. */
export async function contentsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => `${relative(folder, file)}\0${await readFile(file, 'utf8')}`));
}

/**
 * A folder in the cache, filled if missing. The folder is complete or absent: `fill` writes into a temporary folder,
 * which is renamed once `fill` has succeeded. If two checkouts fill the same folder at once, the first one wins.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  await removeAbandoned(cacheFolder);
  const temporary = partialName(folder);
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** The name under which this process writes something until it is complete. */
export function partialName(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.${process.pid}.partial`;
}

/** Removes what interrupted processes left unfinished. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder).catch(() => [])) {
    const pid = entry.match(/\.(\d+)\.partial$/)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}
