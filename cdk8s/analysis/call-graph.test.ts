import { expect, test } from 'vitest';
import { effectiveEdge } from '../testing/effective-policy.ts';
import { buildCallGraph, callsOf } from './call-graph.ts';

const edge = (caller: string, callee: string, ...calls: string[]) =>
  effectiveEdge({ caller, callee, calls: calls.map((name) => `${callee}->${name}.Ask`) });
const idsOf = (edges: readonly { readonly id: string }[]) => edges.map(({ id }) => id);

test('callers come before what they lead to, whatever the order they are stated in', () => {
  const graph = buildCallGraph([edge('c', 'd'), edge('b', 'c', 'd'), edge('b', 'd'), edge('a', 'b', 'd', 'c')]);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask', 'b->d.Ask', 'b->c.Ask', 'c->d.Ask']);
  expect(graph.unordered).toEqual([]);
});

test('a call that is made twice stays twice', () => {
  const graph = buildCallGraph([edge('a', 'b', 'c', 'c'), edge('b', 'c')]);
  const [first] = graph.callersFirst;
  expect(first && idsOf(callsOf(first, graph.calls))).toEqual(['b->c.Ask', 'b->c.Ask']);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask', 'b->c.Ask']);
});

test('calls that do not exist are left out', () => {
  const ask = edge('a', 'b', 'nobody');
  expect(callsOf(ask, buildCallGraph([ask]).calls)).toEqual([]);
});

test('what is on a ring, or behind one, has no order', () => {
  const graph = buildCallGraph([edge('a', 'b'), edge('x', 'y', 'x'), edge('y', 'x', 'y', 'z'), edge('x', 'z')]);
  expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask']);
  expect(idsOf(graph.unordered)).toEqual(['x->y.Ask', 'y->x.Ask', 'x->z.Ask']);
});
