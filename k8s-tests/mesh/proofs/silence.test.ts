import { expect, it } from 'vitest';
import { findSilence } from './silence.ts';

const at = (...starts: readonly number[]) => starts.map((startedAtMs) => ({ startedAtMs, durationMs: 5 }));

it('a silence is between the end of one call and the start of the next that arrived', () => {
  expect(findSilence(at(0, 100, 1_105, 1_200, 9_000), 1_000)).toEqual({ arrivalsBefore: 2, fromMs: 105, toMs: 1_105 });
});

it('there is no silence if calls arrive all the time, or if no call arrives after the pause', () => {
  expect(findSilence(at(0, 100, 200), 1_000)).toBeUndefined();
  expect(findSilence([], 1_000)).toBeUndefined();
});
