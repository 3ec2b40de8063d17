import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { root } from '../../cluster/paths.ts';

/**
 * Copies this checkout's sources, with uncommitted changes, and its installed packages.
 * @returns the folder
 */
export async function copyCheckout(folder: string): Promise<string> {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const { stdout } = await execa('git', listed, { cwd: root });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    // Keep the times, because make installs the packages again if package.json looks newer than they are.
    await cp(join(root, file), join(folder, file), { preserveTimestamps: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error; // deleted, but the deletion is not committed yet
      },
    );
  }
  // Hard links if both are on one file system: a second copy takes time and space.
  const copy = (...flags: string[]) => execa('cp', ['--archive', ...flags, join(root, 'node_modules'), folder]);
  await copy('--link').catch(() => copy());
  return folder;
}
