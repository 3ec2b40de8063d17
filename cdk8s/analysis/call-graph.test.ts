import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph, callsOf } from './call-graph.ts';

const dependency = (caller: string, callee: string, ...calls: string[]) =>
  effectivePolicy({ caller, callee, calls: calls.map((name) => `${callee}->${name}.Ask`) });
const idsOf = (dependencies: readonly { readonly id: string }[]) => dependencies.map(({ id }) => id);

test('callers come before what they lead to, whatever the order they are stated in', () => {
  const graph = buildCallGraph([
    dependency('c', 'd'),
    dependency('b', 'c', 'd'),
    dependency('b', 'd'),
    dependency('a', 'b', 'd', 'c'),
  ]);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask', 'b->d.Ask', 'b->c.Ask', 'c->d.Ask']);
  expect(graph.unordered).toEqual([]);
});

test('a call that is made twice stays twice', () => {
  const graph = buildCallGraph([dependency('a', 'b', 'c', 'c'), dependency('b', 'c')]);
  const [first] = graph.callersFirst;
  expect(first && idsOf(callsOf(first, graph.calls))).toEqual(['b->c.Ask', 'b->c.Ask']);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask', 'b->c.Ask']);
});

test('calls that do not exist are left out', () => {
  const ask = dependency('a', 'b', 'nobody');
  expect(callsOf(ask, buildCallGraph([ask]).calls)).toEqual([]);
});

test('what is on a ring, or behind one, has no order', () => {
  const graph = buildCallGraph([
    dependency('a', 'b'),
    dependency('x', 'y', 'x'),
    dependency('y', 'x', 'y', 'z'),
    dependency('x', 'z'),
  ]);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask']);
  expect(idsOf(graph.unordered)).toEqual(['x->y.Ask', 'y->x.Ask', 'x->z.Ask']);
});
