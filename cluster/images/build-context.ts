import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { root } from '../paths.ts';

/**
 * The files that Docker is sent to build the services' image: those of the checkout that .dockerignore lets through.
 * Docker adds the Dockerfile and .dockerignore on its own.
 *
 * @returns paths relative to the checkout, sorted
 */
export async function buildContext(): Promise<string[]> {
  const rules = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  const filter = dockerignore.default().add(rules);
  // As Docker does: below an ignored folder nothing is looked for that no rule brings back.
  const broughtBack = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const isEntered = (folder: string): boolean =>
    !filter.ignores(folder) || broughtBack.some((path) => path.startsWith(`${folder}/`));

  const filesIn = async (folder: string): Promise<string[]> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    const found = entries.map(async (entry): Promise<string[]> => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return isEntered(path) ? filesIn(path) : [];
      return filter.ignores(path) ? [] : [path];
    });
    return (await Promise.all(found)).flat();
  };
  return (await filesIn('')).sort();
}
