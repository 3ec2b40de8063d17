import { expect, it } from 'vitest';
import { runSection } from './run-section.ts';

it('the order of the README is placed and fulfilled as documented', async () => {
  expect(await runSection('README.md', /Place an order/)).toEqual([]);
});
