import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import * as events from './events.ts';
import { Inventory } from './gen/windlass/inventory/v1/inventory_pb.js';
import { MoneySchema } from './gen/windlass/money/v1/money_pb.js';
import { Payments } from './gen/windlass/payments/v1/payments_pb.js';
import { moneySchema } from './money.ts';

/** Every message that can be reached from an event or an RPC. */
const messages = reach([
  ...Object.values(events).map(({ schema }) => schema),
  ...[Inventory, Payments].flatMap(({ methods }) => methods.flatMap(({ input, output }) => [input, output])),
]);
const fields = [...messages].flatMap(({ fields }) => fields);

function reach(roots: readonly DescMessage[], seen = new Set<DescMessage>()): Set<DescMessage> {
  for (const message of roots.filter((root) => !seen.has(root))) {
    seen.add(message);
    reach(
      message.fields.flatMap((field) => field.message ?? []),
      seen,
    );
  }
  return seen;
}

test('no field of a contract is a floating-point number', () => {
  const floating = fields.filter(({ scalar }) => scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT);
  expect(floating.map(String)).toEqual([]);
});

test('every amount of a contract is Money: minor units with their currency', () => {
  const amounts = fields.filter(({ name }) => /amount|price|total|revenue/.test(name));
  const ofMoney = amounts.filter(({ parent }) => parent === MoneySchema);
  expect(ofMoney.map(({ name, scalar }) => [name, scalar])).toEqual([['amount_minor', ScalarType.INT64]]);
  const others = amounts.filter(({ parent }) => parent !== MoneySchema);
  expect(others.length).toBeGreaterThan(3);
  expect(others.filter(({ message }) => message !== MoneySchema).map(String)).toEqual([]);
});

test.each([
  ['dollars with a fraction', { currency: 'USD', amountMinor: 12.5 }],
  ['no currency', { amountMinor: 1200 }],
  ['a currency that is not a code', { currency: '$', amountMinor: 1200 }],
  ['a negative amount', { currency: 'USD', amountMinor: -1 }],
  ['more than a number holds exactly', { currency: 'USD', amountMinor: 2 ** 53 }],
  ['an amount that is a string', { currency: 'USD', amountMinor: '1200' }],
])('%s is not valid Money in JSON', (_, value) => {
  expect(moneySchema.safeParse(value).success).toBe(false);
});
