import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { connectionLimits, connectionsFit } from './connections.ts';

/** Four services, each with its own database. */
const sized = (change: object = {}, replicas: { each: number; of?: Record<string, number> } = { each: 3 }) => ({
  replicas,
  database: { poolSize: 10, maxConnections: 399, reserved: 203, ...change },
});
const problemsOf = (...args: Parameters<typeof sized>) => connectionsFit(exampleTopology, { prod: sized(...args) });

test('a role may open the pools of its pods, in a rollout as well, and those of a command; a migrator few', () => {
  expect(connectionLimits(exampleTopology, sized({}, { each: 3, of: { b: 1 } }))).toMatchObject({
    a: 45,
    'a-migrator': 4,
    b: 25,
    'b-migrator': 4,
  });
});

test('services that share a database share the limit of its role', () => {
  const { services } = exampleTopology;
  const c = { ...services.c, database: 'a' };
  const limits = connectionLimits({ ...exampleTopology, services: { ...services, c } }, sized());
  expect(limits).toMatchObject({ a: 85, b: 45 });
  expect(limits).not.toHaveProperty('c');
});

test('the limits of all roles and the reserve fit into the connections of Postgres', () => {
  expect(problemsOf()).toEqual([]);
  expect(problemsOf({ reserved: 204 })).toEqual([
    {
      subject: 'environments.prod',
      value: 'database.poolSize = 10',
      rule: 'connections-fit',
      message:
        'in a rollout the roles need 196 connections (a 45, a-migrator 4, b 45, b-migrator 4, c 45, c-migrator 4, bank 45, bank-migrator 4), and with 204 in reserve that is 400 > 399. Use a smaller poolSize or fewer pods, or raise maxConnections here and in charts/postgres/values.yaml.',
    },
  ]);
});

test('the reserve is enough for 200 connections without a password beside what Postgres keeps for superusers', () => {
  expect(problemsOf({ poolSize: 5, reserved: 203 })).toEqual([]);
  expect(problemsOf({ poolSize: 5, reserved: 202 })).toMatchObject([
    { value: 'database.reserved = 202', message: expect.stringContaining('at least 203') },
  ]);
});

test('services with a number of pods of their own count with it', () => {
  expect(problemsOf({}, { each: 3, of: { b: 4 } })).toHaveLength(1);
  expect(problemsOf({}, { each: 3, of: { b: 2, c: 4 } })).toEqual([]);
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 10_001])('%s is no number of connections', (value) => {
  expect(problemsOf({ poolSize: value, maxConnections: value, reserved: value }).map((one) => one.value)).toEqual([
    `database.poolSize = ${value}`,
    `database.maxConnections = ${value}`,
    `database.reserved = ${value}`,
  ]);
});
