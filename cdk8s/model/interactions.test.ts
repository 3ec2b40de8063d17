import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { callsFrom, usesKafka } from './interactions.ts';

test('a service is asked for its own calls and topics', () => {
  expect(callsFrom('a', exampleTopology).map(({ callee }) => callee)).toEqual(['b', 'bank']);
  expect(callsFrom('b', exampleTopology)).toEqual([]);
  expect(['a', 'b', 'c', 'bank'].filter((name) => usesKafka(name, exampleTopology))).toEqual(['a', 'c']);
});

test('another topology has its own answers', () => {
  const silent = { ...exampleTopology, interactions: [] };
  expect(callsFrom('a', silent)).toEqual([]);
  expect(usesKafka('a', silent)).toBe(false);
});
