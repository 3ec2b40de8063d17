import { describe, expect, test } from 'vitest';
import type { SyncInteraction } from '../model/topology.ts';
import { exampleTopology } from '../testing/example.ts';
import { routesReachable } from './routes.ts';

const [enter] = exampleTopology.interactions;

/** Routes of one dependency as `METHOD path`; the RPCs are R0, R1 … */
function dependency(caller: string, callee: string, ...routes: string[]): SyncInteraction {
  const rpcs = routes.map((route, index) => {
    const [method, path = ''] = route.split(' ');
    return [
      `R${index}`,
      { path, ...(method === 'GRPC' ? {} : { method: method as 'GET' }), calls: [], ratePerSecond: 5, why: '' },
    ];
  });
  return { ...enter, caller, callee, rpcs: Object.fromEntries(rpcs) };
}

const problemsOf = (...interactions: SyncInteraction[]) => routesReachable({ ...exampleTopology, interactions });
const hiddenIn = (...interactions: SyncInteraction[]) => problemsOf(...interactions).map(({ subject: id }) => id);

test('the example has no route in the way of another', () => {
  expect(routesReachable(exampleTopology)).toEqual([]);
});

describe('on one dependency', () => {
  test('a duplicate path is rejected with the route that gets its calls', () => {
    expect(problemsOf(dependency('a', 'b', 'GET /x', 'GET /x'))).toEqual([
      {
        subject: 'a->b.R1',
        value: 'path = /x',
        rule: 'routes-reachable',
        message: 'a->b.R0 takes these calls with its /x: put the narrower one first, or give them different paths.',
      },
    ]);
    expect(hiddenIn(dependency('a', 'b', 'GRPC /b.B/X', 'GRPC /b.B/X'))).toEqual(['a->b.R1']);
  });

  test.each([
    { first: 'GET /v1/{id}', second: 'GET /v1/stats' },
    { first: 'GET /v1/{id}', second: 'GET /v1/{name}' },
    { first: 'GET /{a}/{b}', second: 'GET /v1/{b}' },
    { first: 'GET /{a}/x/{b}', second: 'GET /v1/x/y' },
  ])('$first hides $second after it', ({ first, second }) => {
    expect(hiddenIn(dependency('a', 'b', first, second))).toEqual(['a->b.R1']);
  });

  test.each([
    { first: 'GET /v1/stats', second: 'GET /v1/{id}' },
    { first: 'GET /v1/{id}', second: 'POST /v1/stats' },
    { first: 'GET /v1/{id}', second: 'GET /v1/stats/x' },
    { first: 'GET /v1/{id}', second: 'GET /v1' },
    { first: 'GET /v1/{id}', second: 'GET /v2/{id}' },
    { first: 'GET /{a}/x', second: 'GET /y/{b}' },
  ])('$first leaves $second its calls', ({ first, second }) => {
    expect(hiddenIn(dependency('a', 'b', first, second))).toEqual([]);
  });
});

test('the same path on two dependencies inside the mesh makes two routes: for another caller or another host', () => {
  expect(
    hiddenIn(dependency('a', 'b', 'GET /x'), dependency('c', 'b', 'GET /x'), dependency('a', 'c', 'GET /{y}')),
  ).toEqual([]);
});

describe('at the gateway, where the routes to all services are one list', () => {
  test('the same path of two services is rejected', () => {
    expect(hiddenIn(dependency('gateway', 'a', 'GET /x'), dependency('gateway', 'b', 'GET /x'))).toEqual([
      'gateway->b.R0',
    ]);
  });

  test('a wide path of one service hides a narrow path of another, in either order', () => {
    const [wide, narrow] = [dependency('gateway', 'a', 'GET /v1/{id}'), dependency('gateway', 'b', 'GET /v1/stats')];
    expect(hiddenIn(wide, narrow)).toEqual(['gateway->b.R0']);
    expect(problemsOf(narrow, wide)).toMatchObject([
      { subject: 'gateway->b.R0', message: expect.stringContaining('gateway->a.R0 takes these calls') },
    ]);
  });

  test('a narrow path may come before a wide one of the same service', () => {
    expect(hiddenIn(dependency('gateway', 'a', 'GET /v1/stats', 'GET /v1/{id}'))).toEqual([]);
  });
});
