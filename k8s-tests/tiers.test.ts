import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../cluster/paths.ts';
import { longSuites } from './tiers.ts';

describe.each(Object.entries(longSuites))('%s', (file, { reason, shortForms }) => {
  it('exists, and the list says why it is long', () => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(reason).toMatch(/\S.{20}/);
  });

  it('has short forms, which make test runs', () => {
    expect(shortForms.length).toBeGreaterThan(0);
    expect(shortForms.filter((each) => !existsSync(join(root, each)))).toEqual([]);
    expect(shortForms.filter((each) => each in longSuites)).toEqual([]);
  });
});
