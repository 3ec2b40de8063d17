import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { callsFrom, usesKafka } from './interactions.ts';

test('the questions about a service name its own calls and topics', () => {
  expect(callsFrom('a', exampleTopology).map(({ callee }) => callee)).toEqual(['b', 'bank']);
  expect(callsFrom('b', exampleTopology)).toEqual([]);
  expect(['a', 'b', 'c', 'bank'].filter((name) => usesKafka(name, exampleTopology))).toEqual(['a', 'c']);
});

test('the answers follow the topology', () => {
  const silent = { ...exampleTopology, interactions: [] };
  expect(callsFrom('a', silent)).toEqual([]);
  expect(usesKafka('a', silent)).toBe(false);
});
