import { expect, test } from 'vitest';
import { judge } from './findings.ts';

const finding = { what: 'no-limit', object: 'Deployment shop/orders' };

test('a finding without a waiver is reported with its object', () => {
  expect(judge([finding], {})).toEqual(['Deployment shop/orders: no-limit']);
});

test('a waiver with a reason lets a finding pass, wherever it is found', () => {
  const elsewhere = { ...finding, object: 'Deployment shop/payments' };
  expect(judge([finding, elsewhere], { 'no-limit': 'because' })).toEqual([]);
});

test('a waiver that no finding needs any more is reported', () => {
  expect(judge([], { 'no-limit': 'because' })).toEqual(['waived, but not found: no-limit']);
});

test.each(['', ' ', 'because\nof this'])('a reason is one line, not %j', (reason) => {
  expect(judge([finding], { 'no-limit': reason })).toEqual(['waived without a reason of one line: no-limit']);
});
