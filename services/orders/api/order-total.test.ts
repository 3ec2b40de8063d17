import { expect, test } from 'vitest';
import { catalogue } from '../../contracts/catalogue.ts';
import { totalMinor } from './order-total.ts';

const prices = { house: { unitPriceMinor: 2 ** 53 - 1 }, key: { unitPriceMinor: 1 } };

test('a total is the sum of its lines in minor units', () => {
  const items = [
    { sku: 'mug', quantity: 2 },
    { sku: 'tee', quantity: 1 },
  ] as const;
  expect(totalMinor(items, catalogue)).toBe(4900);
});

test('a total of 2^53 - 1 is counted, one cent more is refused', () => {
  const house = { sku: 'house', quantity: 1 } as const;
  expect(totalMinor([house], prices)).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => totalMinor([house, { sku: 'key', quantity: 1 }], prices)).toThrow(
    expect.objectContaining({
      code: 'invalid',
      details: { errors: [{ field: 'items', message: 'must cost at most 9007199254740991 minor units' }] },
    }),
  );
});
