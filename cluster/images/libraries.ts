import { basename, dirname } from 'node:path';
import { run } from '../run.ts';
import type { Entry } from './layer.ts';

/** A program of this machine at `path` in the image, with the shared libraries that `ldd` says it loads. */
export async function program(path: string, source: string): Promise<Entry[]> {
  return [{ kind: 'file', path, source, executable: true }, ...(await librariesOf(source))];
}

/** The shared libraries of a program or plug-in, at the paths where this machine has them; none for a static one. */
export async function librariesOf(source: string, libraryPath?: string): Promise<Entry[]> {
  const env = libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath };
  const { stdout } = await run('ldd', [source], { tolerant: true, env });
  const found = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  return found
    .filter((file) => libraryPath === undefined || dirname(file) !== libraryPath)
    .map((file) => ({ kind: 'file', path: libraryHome(file), source: file, executable: true }));
}

/** The loader must be where programs name it; every other library where the loader looks for it. */
function libraryHome(file: string): string {
  return basename(file).startsWith('ld-linux') ? `/lib64/${basename(file)}` : `/usr/lib/${basename(file)}`;
}
