import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectionLimits } from './analysis/connections.ts';
import { environments } from './environments.ts';
import { migratorOf } from './model/database.ts';
import { topology } from './topology.ts';

const values = parse(readFileSync(join(import.meta.dirname, '../charts/postgres/values.yaml'), 'utf8')) as {
  services: readonly { name: string; connections: number }[];
  migratorConnections: number;
  maxConnections: number;
};

const limits = Object.fromEntries(
  values.services.flatMap(({ name, connections }) => [
    [name, connections],
    [migratorOf(name), values.migratorConnections],
  ]),
);

test.each(Object.entries(environments))('%s counts with the connections that our Postgres has', (_, { database }) => {
  expect(values.maxConnections).toBe(database.maxConnections);
  const sum = Object.values(limits).reduce((total, limit) => total + limit, 0);
  expect(sum).toBeLessThanOrEqual(database.maxConnections - database.reserved);
});

test.each(Object.entries(environments))('in %s every role may open what its pods need', (_, environment) => {
  const tooLow = Object.entries(connectionLimits(topology, environment)).filter(
    ([role, need]) => !((limits[role] ?? 0) >= need),
  );
  expect(tooLow).toEqual([]);
});
