import { describe, expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph, callsOf, noCallCycle } from './call-graph.ts';

describe('call-graph', () => {
  const dependency = (caller: string, callee: string, ...calls: string[]) =>
    effectivePolicy({ caller, callee, calls: calls.map((name) => `${callee}->${name}.Ask`) });
  const idsOf = (dependencies: readonly { readonly id: string }[]) => dependencies.map(({ id }) => id);

  test('callers come before their callees, in any order of the source', () => {
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

  test('calls on a ring or behind one have no order', () => {
    const graph = buildCallGraph([
      dependency('a', 'b'),
      dependency('x', 'y', 'x'),
      dependency('y', 'x', 'y', 'z'),
      dependency('x', 'z'),
    ]);
    expect(idsOf(graph.callersFirst)).toEqual(['a->b.Ask']);
    expect(idsOf(graph.unordered)).toEqual(['x->y.Ask', 'y->x.Ask', 'x->z.Ask']);
  });
});

describe('no-call-cycle', () => {
  const dependency = (caller: string, callee: string, ...calls: string[]) =>
    effectivePolicy({ caller, callee, calls: calls.map((name) => `${callee}->${name}.Ask`) });
  const problemsOf = (...dependencies: ReturnType<typeof dependency>[]) => noCallCycle(buildCallGraph(dependencies));
  const ringsOf = (...dependencies: ReturnType<typeof dependency>[]) =>
    problemsOf(...dependencies).map(({ message }) => message.split(':')[0]);

  test('calls without a ring are accepted, even if their paths meet again', () => {
    expect(
      problemsOf(dependency('a', 'b', 'c', 'd'), dependency('b', 'c', 'd'), dependency('b', 'd'), dependency('c', 'd')),
    ).toEqual([]);
  });

  test('the problem names all calls of a ring, including the one that closes it', () => {
    expect(problemsOf(dependency('gateway', 'a', 'b'), dependency('a', 'b', 'a'), dependency('b', 'a', 'b'))).toEqual([
      {
        subject: 'b->a.Ask',
        value: 'calls = b.Ask',
        rule: 'no-call-cycle',
        message:
          'a->b.Ask -> b->a.Ask -> a->b.Ask: a request would never end. One of these calls must go, or become an event.',
      },
    ]);
  });

  test('a service that calls itself from the same call is a ring', () => {
    expect(ringsOf(dependency('a', 'a', 'a'))).toEqual(['a->a.Ask -> a->a.Ask']);
  });

  test('calls that only lead to a ring or away from it are not named', () => {
    const rings = ringsOf(
      dependency('x', 'a', 'b'),
      dependency('a', 'b', 'a', 'y'),
      dependency('b', 'a', 'b'),
      dependency('b', 'y'),
    );
    expect(rings).toEqual(['a->b.Ask -> b->a.Ask -> a->b.Ask']);
  });

  test('every ring is named, even if rings share a call or follow one another', () => {
    const rings = ringsOf(
      dependency('a', 'b', 'a', 'c'),
      dependency('b', 'a', 'b'),
      dependency('b', 'c', 'b'),
      dependency('c', 'b', 'c', 'd'),
      dependency('b', 'd', 'e'),
      dependency('d', 'e', 'd'),
      dependency('e', 'd', 'e'),
    );
    expect(rings.toSorted()).toEqual([
      'a->b.Ask -> b->a.Ask -> a->b.Ask',
      'b->c.Ask -> c->b.Ask -> b->c.Ask',
      'd->e.Ask -> e->d.Ask -> d->e.Ask',
    ]);
  });

  test('a ring of 50,000 calls is found', () => {
    const length = 50_000;
    const chain = Array.from({ length }, (_, n) => dependency(`s${n}`, `s${(n + 1) % length}`, `s${(n + 2) % length}`));
    expect(noCallCycle(buildCallGraph(chain))).toHaveLength(1);
  });
});
