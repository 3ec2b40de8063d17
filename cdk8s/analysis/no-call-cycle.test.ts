import { expect, test } from 'vitest';
import { effectiveEdge } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import { noCallCycle } from './no-call-cycle.ts';

const edge = (caller: string, callee: string, ...calls: string[]) =>
  effectiveEdge({ caller, callee, calls: calls.map((name) => `${callee}->${name}.Ask`) });
const problemsOf = (...edges: ReturnType<typeof edge>[]) => noCallCycle(buildCallGraph(edges));
const ringsOf = (...edges: ReturnType<typeof edge>[]) =>
  problemsOf(...edges).map(({ message }) => message.split(':')[0]);

test('calls that end are fine, also where they meet again', () => {
  expect(problemsOf(edge('a', 'b', 'c', 'd'), edge('b', 'c', 'd'), edge('b', 'd'), edge('c', 'd'))).toEqual([]);
});

test('a ring is named with all its calls, and with the one that closes it', () => {
  expect(problemsOf(edge('gateway', 'a', 'b'), edge('a', 'b', 'a'), edge('b', 'a', 'b'))).toEqual([
    {
      edge: 'b->a.Ask',
      value: 'calls = b.Ask',
      rule: 'no-call-cycle',
      message:
        'a->b.Ask -> b->a.Ask -> a->b.Ask: a request would never end. One of these calls must go, or become an event.',
    },
  ]);
});

test('a service that calls itself from the same call is a ring', () => {
  expect(ringsOf(edge('a', 'a', 'a'))).toEqual(['a->a.Ask -> a->a.Ask']);
});

test('what only leads to a ring, or away from one, is not named', () => {
  const rings = ringsOf(edge('x', 'a', 'b'), edge('a', 'b', 'a', 'y'), edge('b', 'a', 'b'), edge('b', 'y'));
  expect(rings).toEqual(['a->b.Ask -> b->a.Ask -> a->b.Ask']);
});

test('every ring is named, also those that share a call or follow one another', () => {
  const rings = ringsOf(
    edge('a', 'b', 'a', 'c'),
    edge('b', 'a', 'b'),
    edge('b', 'c', 'b'),
    edge('c', 'b', 'c', 'd'),
    edge('b', 'd', 'e'),
    edge('d', 'e', 'd'),
    edge('e', 'd', 'e'),
  );
  expect(rings.toSorted()).toEqual([
    'a->b.Ask -> b->a.Ask -> a->b.Ask',
    'b->c.Ask -> c->b.Ask -> b->c.Ask',
    'd->e.Ask -> e->d.Ask -> d->e.Ask',
  ]);
});

test('a chain of 50,000 calls that ends where it began is found, too', () => {
  const length = 50_000;
  const chain = Array.from({ length }, (_, n) => edge(`s${n}`, `s${(n + 1) % length}`, `s${(n + 2) % length}`));
  expect(noCallCycle(buildCallGraph(chain))).toHaveLength(1);
});
