import { expect, test } from 'vitest';
import { makeErasable } from './import-crds.ts';

test('an enum becomes the union of its values', () => {
  expect(makeErasable('export enum Mode {\n  /** strict */\n  STRICT = "STRICT",\n  OFF_UNDERSCORE = "OFF_",\n}')).toBe(
    'export type Mode =\n  | "STRICT"\n  | "OFF_";',
  );
});

test('a parameter property becomes a property', () => {
  const source = makeErasable('private constructor(public readonly value: number | string) {\n  }');
  expect(source).toContain('private constructor(value: number | string) { this.value = value; }');
  expect(source).toContain('public readonly value: number | string;');
});

test('names that are only types are imported as types', () => {
  expect(makeErasable("import { ApiObject, ApiObjectMetadata, GroupVersionKind } from 'cdk8s';")).toBe(
    "import { ApiObject, type ApiObjectMetadata, type GroupVersionKind } from 'cdk8s';",
  );
});
