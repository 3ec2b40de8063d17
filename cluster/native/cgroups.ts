import { existsSync } from 'node:fs';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pollUntil } from '../poll.ts';

const mountPoint = '/sys/fs/cgroup';

/** 2 if the machine has the unified hierarchy, else 1. */
function cgroupVersion(): 1 | 2 {
  return existsSync(join(mountPoint, 'cgroup.controllers')) ? 2 : 1;
}

/** The cgroup's folder in every hierarchy that has it; none if the machine has no cgroups. */
export async function foldersOf(name: string): Promise<string[]> {
  if (!existsSync(mountPoint)) return [];
  const parents =
    cgroupVersion() === 2 ? [mountPoint] : (await readdir(mountPoint)).map((entry) => join(mountPoint, entry));
  return parents.map((parent) => join(parent, name)).filter((folder) => existsSync(folder));
}

/** The folder with a cgroup's memory figures; undefined if there is none. */
export async function memoryFolderOf(name: string): Promise<string | undefined> {
  return (await foldersOf(name)).find((folder) => existsSync(join(folder, 'memory.stat')));
}

/**
 * Removes a cgroup with all below it from every hierarchy. Its processes must have ended, which the kernel may notice a
 * moment later.
 */
export async function removeCgroups(name: string): Promise<void> {
  for (const folder of await foldersOf(name)) {
    const attempt = async () => {
      if (existsSync(folder)) await removeDepthFirst(folder);
    };
    await pollUntil(attempt, { timeoutMs: 5_000, intervalMs: 50, failure: (last) => `removal of ${folder}: ${last}` });
  }
}

/** Memory in use, in bytes, without the page cache that the kernel would give back. */
export async function memoryOf(folder: string): Promise<number> {
  const version = cgroupVersion();
  const usage = Number(
    await readFile(join(folder, version === 2 ? 'memory.current' : 'memory.usage_in_bytes'), 'utf8'),
  );
  const stat = await readFile(join(folder, 'memory.stat'), 'utf8');
  const cache = Number(stat.match(version === 2 ? /^inactive_file (\d+)/m : /^total_inactive_file (\d+)/m)?.[1] ?? 0);
  return usage - cache;
}

async function removeDepthFirst(folder: string): Promise<void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = found.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const child of folders.sort((a, b) => b.length - a.length)) await rmdir(child);
  await rmdir(folder);
}
