import { describe, expect, test } from 'vitest';
import type { SyncInteraction } from '../model/model.ts';
import { exampleTopology } from '../testing/example.ts';
import { routesReachable } from './routes-reachable.ts';

const [enter] = exampleTopology.interactions;

/** Routes of one edge as `METHOD path`; the RPCs are R0, R1 … */
function edge(caller: string, callee: string, ...routes: string[]): SyncInteraction {
  const rpcs = routes.map((route, index) => {
    const [method, path = ''] = route.split(' ');
    return [`R${index}`, { path, ...(method === 'GRPC' ? {} : { method: method as 'GET' }), calls: [], why: '' }];
  });
  return { ...enter, caller, callee, rpcs: Object.fromEntries(rpcs) };
}

const problemsOf = (...interactions: SyncInteraction[]) => routesReachable({ ...exampleTopology, interactions });
const hiddenIn = (...interactions: SyncInteraction[]) => problemsOf(...interactions).map(({ edge: id }) => id);

test('the example has no route in the way of another', () => {
  expect(routesReachable(exampleTopology)).toEqual([]);
});

describe('on one edge', () => {
  test('a path that is there already is refused with the route that takes its calls', () => {
    expect(problemsOf(edge('a', 'b', 'GET /x', 'GET /x'))).toEqual([
      {
        edge: 'a->b.R1',
        value: 'path = /x',
        rule: 'routes-reachable',
        message: 'a->b.R0 takes these calls with its /x: put the narrower one first, or give them different paths.',
      },
    ]);
    expect(hiddenIn(edge('a', 'b', 'GRPC /b.B/X', 'GRPC /b.B/X'))).toEqual(['a->b.R1']);
  });

  test.each([
    { first: 'GET /v1/{id}', second: 'GET /v1/stats' },
    { first: 'GET /v1/{id}', second: 'GET /v1/{name}' },
    { first: 'GET /{a}/{b}', second: 'GET /v1/{b}' },
    { first: 'GET /{a}/x/{b}', second: 'GET /v1/x/y' },
  ])('$first hides $second after it', ({ first, second }) => {
    expect(hiddenIn(edge('a', 'b', first, second))).toEqual(['a->b.R1']);
  });

  test.each([
    { first: 'GET /v1/stats', second: 'GET /v1/{id}' },
    { first: 'GET /v1/{id}', second: 'POST /v1/stats' },
    { first: 'GET /v1/{id}', second: 'GET /v1/stats/x' },
    { first: 'GET /v1/{id}', second: 'GET /v1' },
    { first: 'GET /v1/{id}', second: 'GET /v2/{id}' },
    { first: 'GET /{a}/x', second: 'GET /y/{b}' },
  ])('$first leaves $second its calls', ({ first, second }) => {
    expect(hiddenIn(edge('a', 'b', first, second))).toEqual([]);
  });
});

test('on two edges inside the mesh the same path is two routes: of another caller, or to another host', () => {
  expect(hiddenIn(edge('a', 'b', 'GET /x'), edge('c', 'b', 'GET /x'), edge('a', 'c', 'GET /{y}'))).toEqual([]);
});

describe('at the gateway, where the routes to all services are one list', () => {
  test('the same path of two services is refused', () => {
    expect(hiddenIn(edge('gateway', 'a', 'GET /x'), edge('gateway', 'b', 'GET /x'))).toEqual(['gateway->b.R0']);
  });

  test('a wide path of one hides a narrow one of another, before it or after it', () => {
    const [wide, narrow] = [edge('gateway', 'a', 'GET /v1/{id}'), edge('gateway', 'b', 'GET /v1/stats')];
    expect(hiddenIn(wide, narrow)).toEqual(['gateway->b.R0']);
    expect(problemsOf(narrow, wide)).toMatchObject([
      { edge: 'gateway->b.R0', message: expect.stringContaining('gateway->a.R0 takes these calls') },
    ]);
  });

  test('of one service the narrow one may come first', () => {
    expect(hiddenIn(edge('gateway', 'a', 'GET /v1/stats', 'GET /v1/{id}'))).toEqual([]);
  });
});
