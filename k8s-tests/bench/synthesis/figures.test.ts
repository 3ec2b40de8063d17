import { expect, test } from 'vitest';
import { figuresOf, isMet, type SizeFigures, toRow } from './figures.ts';

function rowOf(services: number, inProcess: number): SizeFigures {
  return { services, objects: 0, ours: 0, inProcess, helm: 0, ratio: 1.2 };
}

test('a row has medians, and the ratio of paired runs', () => {
  const samples = [
    { ours: 100, inProcess: 50, helm: 100 },
    { ours: 900, inProcess: 60, helm: 300 },
    { ours: 400, inProcess: 70, helm: 200 },
  ];
  const row = toRow({ services: 5, objects: 30 }, samples);
  expect(row).toEqual({ services: 5, objects: 30, ours: 400, inProcess: 60, helm: 200, ratio: 2 });
});

test('twice the time for twice the size is linear, four times is not', () => {
  const linear = figuresOf([rowOf(100, 10), rowOf(500, 50), rowOf(1_000, 100)]);
  expect(linear.map(({ value }) => value)).toEqual([1.2, 1]);
  expect(linear.every(isMet)).toBe(true);
  const quadratic = figuresOf([rowOf(100, 10), rowOf(500, 250), rowOf(1_000, 1_000)]);
  expect(quadratic.map(isMet)).toEqual([true, false]);
});
