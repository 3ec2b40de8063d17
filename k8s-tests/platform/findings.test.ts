import { expect, test } from 'vitest';
import { judge, type Waiver } from './findings.ts';

const finding = { what: 'no-limit', object: 'Deployment shop/orders' };
const elsewhere = { ...finding, object: 'Deployment shop/payments' };
const waive = (objects: RegExp, reason = 'because'): Waiver => ({ what: 'no-limit', objects, reason });

test('a finding without a waiver is reported with its object', () => {
  expect(judge([finding], [])).toEqual(['Deployment shop/orders: no-limit']);
});

test('a waiver with a reason lets a finding pass in each object that it matches', () => {
  expect(judge([finding, elsewhere], [waive(/ shop\//)])).toEqual([]);
});

test('a waiver of one object lets the finding pass in no other', () => {
  expect(judge([finding, elsewhere], [waive(/orders$/)])).toEqual(['Deployment shop/payments: no-limit']);
});

test('a waiver of one rule lets no other rule pass', () => {
  expect(judge([finding, { ...finding, what: 'no-probe' }], [waive(/orders$/)])).toEqual([
    'Deployment shop/orders: no-probe',
  ]);
});

test('a waiver that no finding needs any more is reported', () => {
  expect(judge([finding], [waive(/orders$/), waive(/payments$/)])).toEqual([
    'waived, but not found: no-limit, in /payments$/',
  ]);
});

test.each(['', ' ', 'because\nof this'])('a reason is one line, not %j', (reason) => {
  expect(judge([finding], [waive(/./, reason)])).toEqual(['waived without a reason of one line: no-limit, in /./']);
});
