import { expect, test } from 'vitest';
import { formatAvailability } from './format-availability.ts';

test('routes are lines under a heading, their columns aligned', () => {
  const table = formatAvailability([
    { route: 'POST /v1/orders', parts: 12, withoutPolicies: 0.95, withPolicies: 0.99999 },
    { route: 'GET /x', parts: 1, withoutPolicies: 1, withPolicies: 1 },
  ]);
  expect(table.split('\n')).toEqual([
    'availability of  parts  without policies                           with policies',
    'POST /v1/orders  12     95.000 %          2160.0 min down a month  99.999 %       0.4 min down a month',
    'GET /x           1      100.000 %         0.0 min down a month     100.000 %      0.0 min down a month',
  ]);
});

test('without routes there is only the heading', () => {
  expect(formatAvailability([])).toBe('availability of  parts  without policies    with policies');
});
