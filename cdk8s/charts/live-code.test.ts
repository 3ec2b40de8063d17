import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Service } from '../model/topology.ts';
import { topology } from '../topology.ts';
import { CODE_FOLDER, watchCommand, watchedPaths } from './live-code.ts';

const folder = join(import.meta.dirname, '../../services');
const services: [string, Service][] = Object.entries(topology.services);
const inImage = (file: string) => join(CODE_FOLDER, file);
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

/** What services/main.ts loads for a service: `orders: () => import('./orders/main.ts')`. */
const entryOf = new Map(
  [...read('main.ts').matchAll(/^ {2}'?([\w-]+)'?: \(\) => import\('\.\/([^']+)'\)/gm)].map(([, name, file]) => [
    name,
    file,
  ]),
);

/** The file and all that it imports of ours, from folder to folder. */
function loadedFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = read(file).matchAll(/(?:from|^import) '(\.[^']+)'/gm);
  for (const [, path = ''] of imports) loadedFrom(join(dirname(file), path), found);
  return found;
}

test.each(services)('%s is restarted by an edit of each file that its process loads', (name, service) => {
  const entry = entryOf.get(service.program ?? name) ?? 'services/main.ts does not know it';
  const loaded = ['main.ts', 'lib/observability/register.ts', entry].flatMap((file) => [...loadedFrom(file)]);
  const watched = watchedPaths(name, service);
  const unseen = loaded.filter(
    (file) => !watched.some((path) => inImage(file) === path || inImage(file).startsWith(`${path}/`)),
  );
  expect(loaded.length).toBeGreaterThan(10);
  expect(unseen).toEqual([]);
});

test.each(services)("%s is not restarted by an edit of another service's code", (name, service) => {
  const own = dirname(entryOf.get(service.program ?? name) ?? '').split('/')[0] ?? '';
  const shared = ['lib', 'contracts', own];
  const others = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !shared.includes(entry.name),
  );
  expect(others.length).toBeGreaterThan(3);
  expect(others.filter((entry) => watchedPaths(name, service).includes(inImage(entry.name)))).toEqual([]);
});

test.each(services)('every path that %s watches exists, because Node exits if one is missing', (name, service) => {
  const missing = watchedPaths(name, service).filter((path) => !existsSync(path.replace(CODE_FOLDER, folder)));
  expect(missing).toEqual([]);
  const flags = watchCommand(name, service).filter((word) => word.startsWith('--watch-path='));
  expect(flags.map((flag) => flag.split('=')[1])).toEqual(watchedPaths(name, service));
});
