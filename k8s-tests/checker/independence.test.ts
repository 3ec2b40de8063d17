import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const relativeImport = /from '(\.[^']+)'/g;

/** The files and everything that they import from this repository. */
function reachableFrom(files: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const queue = [...files];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(relativeImport))
      queue.push(resolve(dirname(file), path));
  }
  return reached;
}

it('the checker shares no code with the services: no test would detect a mistake that both made', () => {
  const own = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(import.meta.dirname, file));
  expect(own.length).toBeGreaterThan(5);
  const reached = [...reachableFrom(own)].map((file) => relative(root, file));
  expect(reached.filter((file) => file.startsWith('services/'))).toEqual([]);
});
