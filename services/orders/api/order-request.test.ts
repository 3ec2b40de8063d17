import { describe, expect, test } from 'vitest';
import { catalogue } from '../../contracts/catalogue.ts';
import { DomainError, type FieldError, hasCode } from '../../lib/runtime/domain-error.ts';
import { readOrderRequest, totalMinor } from './order-request.ts';

const address = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' };
const good = {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: address,
  paymentToken: 'tok_ok',
};

function errorsOf(key: string | undefined, body: unknown): readonly FieldError[] {
  try {
    readOrderRequest('c-1', key, body);
  } catch (error) {
    if (hasCode(error, 'invalid')) return error.details.errors;
    throw error;
  }
  return [];
}

const item = (change: object) => ({ ...good, items: [{ ...good.items[0], ...change }] });
const shipTo = (change: object) => ({ ...good, shippingAddress: { ...address, ...change } });

test('a valid order is accepted as that of its customer, with the longest key and fields', () => {
  const { order, idempotencyKey } = readOrderRequest('c-1', 'k'.repeat(255), good);
  expect(order).toEqual({ customerId: 'c-1', ...good });
  expect(idempotencyKey).toHaveLength(255);
  expect(errorsOf('k', shipTo({ name: 'Å'.repeat(200), postalCode: '9'.repeat(20) }))).toEqual([]);
});

test('the order is the same whether its body names the customer or not', () => {
  const [without, named] = [good, { ...good, customerId: 'c-1' }].map((body) => readOrderRequest('c-1', 'k', body));
  expect(JSON.stringify(named)).toBe(JSON.stringify(without));
});

test.each([['c-2'], [''], ['c-1 '], ['C-1'], [7], [null], [['c-1']], [{ $ne: '' }]])(
  'a body that names the customer %j is forbidden to c-1, whatever else is wrong with it',
  (customerId) => {
    const errors = [{ field: 'customerId', message: "must be the token's customer, or left out" }];
    for (const body of [{ ...good, customerId }, { customerId }]) {
      const read = () => readOrderRequest('c-1', undefined, body);
      expect(read).toThrow(DomainError);
      expect(read).toThrow(expect.objectContaining({ code: 'forbidden', details: { errors } }));
    }
  },
);

test.each([
  [0, 'not 0'],
  [-1, 'not -1'],
  [1.5, 'not 1.5'],
  [1001, 'not 1001'],
  [2 ** 53, 'not 9007199254740992'],
  ['2', 'not "2"'],
  [JSON.parse('1e400'), 'not Infinity'],
])('quantity %j is rejected with the value and the rule', (quantity, value) => {
  const message = `must be a whole number from 1 to 1000, ${value}`;
  expect(errorsOf('k', item({ quantity }))).toEqual([{ field: 'items[0].quantity', message }]);
});

test.each([
  ['no body', undefined, 'body'],
  ['an array as the body', [], 'body'],
  ['no items', { ...good, items: undefined }, 'items'],
  ['an empty list of items', { ...good, items: [] }, 'items'],
  ['51 items', { ...good, items: Array.from({ length: 51 }, () => good.items[0]) }, 'items'],
  ['one SKU twice', { ...good, items: [good.items[0], good.items[0]] }, 'items'],
  ['a null item', { ...good, items: [null] }, 'items[0]'],
  ['an unknown SKU', item({ sku: 'boat' }), 'items[0].sku'],
  ['no SKU', item({ sku: undefined }), 'items[0].sku'],
  ['no quantity', item({ quantity: undefined }), 'items[0].quantity'],
  ['an unknown item field', item({ color: 'red' }), 'items[0].color'],
  ['no address', { ...good, shippingAddress: undefined }, 'shippingAddress'],
  ['no name', shipTo({ name: undefined }), 'shippingAddress.name'],
  ['a long street', shipTo({ street: 'x'.repeat(201) }), 'shippingAddress.street'],
  ['a line break in the city', shipTo({ city: 'a\nb' }), 'shippingAddress.city'],
  ['a long postal code', shipTo({ postalCode: '1'.repeat(21) }), 'shippingAddress.postalCode'],
  ['a country in small letters', shipTo({ country: 'no' }), 'shippingAddress.country'],
  ['no payment token', { ...good, paymentToken: undefined }, 'paymentToken'],
  ['an unknown payment token', { ...good, paymentToken: 'tok_gold' }, 'paymentToken'],
  ['an unknown field', { ...good, coupon: 'X' }, 'coupon'],
])('%s is rejected, and the error names only that field', (_, body, field) => {
  expect(new Set(errorsOf('k', body).map((error) => error.field))).toEqual(new Set([field]));
});

const texts: Readonly<Record<string, (text: string) => object>> = {
  'shippingAddress.name': (text) => shipTo({ name: text }),
  'shippingAddress.street': (text) => shipTo({ street: text }),
  'shippingAddress.city': (text) => shipTo({ city: text }),
  'shippingAddress.postalCode': (text) => shipTo({ postalCode: text }),
};

describe.each(Object.entries(texts))('%s is rejected with', (field, withText) => {
  test.each([
    ['the first half of an emoji', 'A\ud83d'],
    ['the second half of an emoji', '\ude00A'],
    ['the halves of an emoji in the wrong order', '\ude00\ud83d'],
    ['a NUL', 'A\u0000'],
    ['a C1 control character', 'A\u0085'],
    ['a line separator', 'A\u2028B'],
    ['a right-to-left override', 'A\u202eB'],
    ['a noncharacter', 'A\uffff'],
    ['a private-use character', 'A\ue000'],
    ['nothing but invisible characters', '\u200b\u200d\ufeff'],
    ['nothing but fillers of Hangul', '\u3164\uffa0\u115f\u1160'],
    ['nothing but blanks of Braille', '\u2800\u2800'],
  ])('%s', (_, text) => {
    expect(errorsOf('k', withText(text)).map((error) => error.field)).toEqual([field]);
  });
});

test.each(['😀', '한국', '⠃⠗', '👩‍💻', 'می‌خواهم', 'עברית', '東京都', 'é', '\u0301e', 'O’Neil & Söhne'])(
  'the name %s is accepted',
  (name) => {
    expect(errorsOf('k', shipTo({ name }))).toEqual([]);
  },
);

test('a report names at most 100 fields, each in at most 201 characters', () => {
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}\ud83d`.repeat(100), 1]));
  const errors = errorsOf('k', { ...good, ...unknown });
  expect(errors).toHaveLength(100);
  expect(errors.every(({ field }) => field.length <= 201 && field.isWellFormed())).toBe(true);
});

test.each([
  ['missing', undefined, 'is required'],
  ['over-long', 'k'.repeat(256), 'must be 1 to 255 printable ASCII characters'],
  ['not ASCII', 'ké', 'must be 1 to 255 printable ASCII characters, not "ké"'],
  ['with a control character', 'k\t', 'must be 1 to 255 printable ASCII characters, not "k\\t"'],
])('a key that is %s is rejected', (_, key, message) => {
  expect(errorsOf(key, good)).toEqual([{ field: 'Idempotency-Key', message }]);
});

test('all errors of header and body are reported at once, and no payment token is shown', () => {
  const bad = { items: [{ sku: 'x' }, { sku: 'x', quantity: 0 }], paymentToken: 'tok_secret' };
  const errors = errorsOf(undefined, bad);
  expect(errors.map(({ field }) => field)).toEqual([
    'Idempotency-Key',
    'items[0].sku',
    'items[0].quantity',
    'items[1].sku',
    'items[1].quantity',
    'items',
    'shippingAddress',
    'paymentToken',
  ]);
  expect(JSON.stringify(errors)).not.toContain('tok_secret');
});

const prices = { house: { unitPriceMinor: 2 ** 53 - 1 }, key: { unitPriceMinor: 1 } };

test('a total is the sum of its lines in minor units', () => {
  const items = [
    { sku: 'mug', quantity: 2 },
    { sku: 'tee', quantity: 1 },
  ] as const;
  expect(totalMinor(items, catalogue)).toBe(4900);
});

test('a total of 2^53 - 1 is accepted; one cent more is rejected', () => {
  const house = { sku: 'house', quantity: 1 } as const;
  expect(totalMinor([house], prices)).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => totalMinor([house, { sku: 'key', quantity: 1 }], prices)).toThrow(
    expect.objectContaining({
      code: 'invalid',
      details: { errors: [{ field: 'items', message: 'must cost at most 9007199254740991 minor units' }] },
    }),
  );
});
