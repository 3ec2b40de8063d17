import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectionLimits } from './analysis/connections.ts';
import { environments } from './environments.ts';
import { topology } from './topology.ts';

const values = parse(readFileSync(join(import.meta.dirname, '../charts/postgres/values.yaml'), 'utf8')) as {
  services: readonly { name: string; connections: number }[];
  migratorConnections: number;
  maxConnections: number;
};

test.each(Object.entries(environments))(
  '%s counts with the connections that our Postgres has, and with the limits of its roles',
  (_, environment) => {
    expect(values.maxConnections).toBe(environment.database.maxConnections);
    const limits = values.services.flatMap(({ name, connections }) => [
      [name, connections],
      [`${name}-migrator`, values.migratorConnections],
    ]);
    expect(Object.fromEntries(limits)).toEqual(connectionLimits(topology, environment));
  },
);
