import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { root } from '../paths.ts';

/**
 * The build context of the services' image: the files of the checkout that .dockerignore does not exclude. Docker adds
 * the Dockerfile and .dockerignore on its own.
 *
 * @returns paths relative to the checkout, sorted
 */
export async function buildContext(): Promise<string[]> {
  const rules = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  const filter = dockerignore.default().add(rules);
  // Like Docker, enter an ignored folder only if a rule includes something below it.
  const included = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const isEntered = (folder: string): boolean =>
    !filter.ignores(folder) || included.some((path) => path.startsWith(`${folder}/`));

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
