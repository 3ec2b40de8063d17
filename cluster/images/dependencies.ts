import { root } from '../paths.ts';
import { run } from '../run.ts';

/**
 * The folders (`node_modules/a`, `node_modules/a/node_modules/b`, …) that packages need at run time, sorted. npm reads them from the
 * lockfile, so some may be for another platform and not installed here.
 */
export async function dependencyClosure(names: readonly string[]): Promise<string[]> {
  const selectors = names.flatMap((name) => {
    const installed = `:root > [name="${name}"]`;
    return [installed, `${installed} *`];
  });
  const { stdout } = await run('npm', ['query', '--package-lock-only', selectors.join(', ')], {
    cwd: root,
    what: `look-up of the dependencies of ${names.join(', ')}`,
  });
  const found = JSON.parse(stdout) as readonly { readonly location: string }[];
  return found.map(({ location }) => location).sort();
}
