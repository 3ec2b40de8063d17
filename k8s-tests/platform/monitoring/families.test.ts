import { expect, test } from 'vitest';
import { readFamilies } from './families.ts';

test('each family is read with its kind and the labels of all its samples, even if it has no samples', () => {
  const text = `# HELP a_total what
# TYPE a_total counter
a_total{x="1,y=2",otel_scope_name="windlass"} 0
a_total{z="1"} 2
# TYPE b gauge
b 2
# TYPE c counter
`;
  expect(readFamilies(text)).toEqual([
    { name: 'a_total', kind: 'counter', labels: ['x', 'otel_scope_name', 'z'] },
    { name: 'b', kind: 'gauge', labels: [] },
    { name: 'c', kind: 'counter', labels: [] },
  ]);
});
