import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longSuites } from './tiers.ts';

it.each(Object.entries(longSuites))('%s exists, and what the short tier has instead is said', (file, instead) => {
  expect(existsSync(join(import.meta.dirname, file))).toBe(true);
  expect(instead).not.toBe('');
});
