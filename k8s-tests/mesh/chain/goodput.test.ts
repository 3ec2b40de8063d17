import { expect, it } from 'vitest';
import { recoverySeconds } from './goodput.ts';

it('a goodput is back at the start of the first five seconds that have it on average', () => {
  expect(recoverySeconds([0, 9, 0, 0, 10, 9, 10, 10, 10, 0], 9.5)).toBe(4);
});

it('a goodput that was back for a moment only is not back', () => {
  expect(recoverySeconds([0, 10, 10, 0, 0, 0, 10], 9.5)).toBeUndefined();
});
