import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { environments } from './environments.ts';

test.each(Object.entries(environments))('%s counts with the connections that our Postgres has', (_, { database }) => {
  const values = readFileSync(join(import.meta.dirname, '../charts/postgres/values.yaml'), 'utf8');
  expect(parse(values)).toMatchObject({ maxConnections: database.maxConnections });
});
