import { expect, test } from 'vitest';
import { findDifferences, parseManifests } from './manifests.ts';

const objects = parseManifests('kind: A\nmetadata: {name: x}\nspec: {b: 1, a: 2}\n---\nkind: B\nmetadata: {name: y}\n');

test('the order of objects and keys does not matter', () => {
  const turned = parseManifests(
    'kind: B\nmetadata: {name: y}\n---\nkind: A\nspec: {a: 2, b: 1}\nmetadata: {name: x}\n',
  );
  expect(findDifferences(objects, turned)).toEqual([]);
});

test('an object that is missing, new or changed is named', () => {
  const changed = parseManifests(
    'kind: A\nmetadata: {name: x}\nspec: {b: 1, a: 3}\n---\nkind: C\nmetadata: {name: z, namespace: n}\n',
  );
  expect(findDifferences(objects, changed)).toEqual(['A x', 'B y', 'C n/z']);
});
