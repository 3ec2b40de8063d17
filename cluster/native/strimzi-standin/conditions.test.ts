import { expect, test } from 'vitest';
import { ready, readyFalse, withTimes } from './conditions.ts';

const before = [{ ...ready(), lastTransitionTime: '2026-01-01T00:00:00.000Z' }];
const now = new Date('2026-02-02T00:00:00.000Z');

test('an unchanged condition keeps its time', () => {
  expect(withTimes([ready()], before, now)).toEqual(before);
});

test('a changed condition gets the time of the change', () => {
  const [condition] = withTimes([readyFalse('KafkaError', 'no')], before, now);
  expect(condition?.lastTransitionTime).toBe('2026-02-02T00:00:00.000Z');
});
