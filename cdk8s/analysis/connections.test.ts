import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { connectionsFit } from './connections.ts';

/** Four services: with three pods each, and one more in a rollout, 16 pods. */
function problemsOf(change: object = {}, replicas: { each: number; of?: Record<string, number> } = { each: 3 }) {
  const database = { poolSize: 10, maxConnections: 200, reserved: 40, ...change };
  return connectionsFit(exampleTopology, { prod: { replicas, database } });
}

test('all pools of a rollout and the reserve fit into the connections of Postgres', () => {
  expect(problemsOf()).toEqual([]);
  expect(problemsOf({ reserved: 41 })).toEqual([
    {
      subject: 'environments.prod',
      value: 'database.poolSize = 10',
      rule: 'connections-fit',
      message:
        'in a rollout 16 pods open 160 connections, and with 41 in reserve that is 201 > 200. Use a poolSize of at most 9, or raise maxConnections here and in charts/postgres/values.yaml.',
    },
  ]);
});

test('the reserve is enough for one command of an operator beside what Postgres keeps for superusers', () => {
  expect(problemsOf({ poolSize: 5, reserved: 8 })).toEqual([]);
  expect(problemsOf({ poolSize: 5, reserved: 7 })).toMatchObject([
    { value: 'database.reserved = 7', message: expect.stringContaining('at least 8') },
  ]);
});

test('services with a number of pods of their own count with it', () => {
  expect(problemsOf({}, { each: 3, of: { b: 4 } })).toHaveLength(1);
  expect(problemsOf({}, { each: 3, of: { b: 2, c: 4 } })).toEqual([]);
});

test('if not even one connection for each pod is left, fewer pods help', () => {
  expect(problemsOf({ maxConnections: 50 })[0]?.message).toContain('Use fewer pods');
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 10_001])('%s is no number of connections', (value) => {
  expect(problemsOf({ poolSize: value, maxConnections: value, reserved: value }).map((one) => one.value)).toEqual([
    `database.poolSize = ${value}`,
    `database.maxConnections = ${value}`,
    `database.reserved = ${value}`,
  ]);
});
