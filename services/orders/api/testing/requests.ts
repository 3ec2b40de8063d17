/** Generated requests of `POST /v1/orders`, from a plain order to bytes that are hardly HTTP. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { skus } from '../../../contracts/catalogue.ts';
import { paymentTokenNames } from '../../../contracts/payment-tokens.ts';

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Any UTF-16 code units, with halves of surrogate pairs. */
const anyCodeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

const suspicious = fc.constantFrom(
  '\ud83d',
  '\ude00',
  'A\ud83d',
  '\u0000',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\u2028',
  '\ufffe',
  '\ue000',
  '\u{e0001}',
  ' ',
  '',
  '__proto__',
  'constructor',
  "'; DROP TABLE orders --",
  '{"$gt":""}',
  '😀',
  'é',
  'x'.repeat(200),
  'x'.repeat(201),
);

const anyText = fc.oneof(suspicious, anyCodeUnits, fc.string({ unit: 'binary', maxLength: 60 }), fc.string());

const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 1, 1000, 1001, 2 ** 31, 2 ** 53, 2 ** 53 + 2, Number.MAX_VALUE, Number.MIN_VALUE, 0.1, 1e21),
);

const anyValue = fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 3 }));

const often = { withCrossShrink: true } as const;
/** Mostly a value that the contract permits, and now and then another one. */
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(often, { weight: 30, arbitrary: good }, { weight: 1, arbitrary: anyValue });

const goodText = (maxLength: number) =>
  fc
    .oneof(
      { weight: 20, arbitrary: fc.constantFrom('A', 'Åse Ø', '東京 1', 'o’Neil 👩‍💻') },
      { weight: 1, arbitrary: anyText },
    )
    .map((text) => text.slice(0, maxLength));

const item = fc.record({
  sku: mostly(fc.constantFrom(...skus)),
  quantity: mostly(fc.integer({ min: 1, max: 1000 })),
});

const order = fc.record({
  items: mostly(fc.uniqueArray(item, { minLength: 1, maxLength: 3, selector: ({ sku }) => sku })),
  shippingAddress: mostly(
    fc.record({
      name: mostly(goodText(200)),
      street: mostly(goodText(200)),
      city: mostly(goodText(200)),
      postalCode: mostly(goodText(20)),
      country: mostly(fc.constantFrom('NO', 'US', 'AQ')),
    }),
  ),
  paymentToken: mostly(fc.constantFrom(...paymentTokenNames)),
});

/** JSON text that `JSON.stringify` would not write. */
const unusualJson = fc.oneof(
  order.map((value) => `\ufeff${JSON.stringify(value)}`),
  fc
    .tuple(order, anyValue)
    .map(([value, other]) => `{"customerId":${JSON.stringify(other)},${JSON.stringify(value).slice(1)}`),
  fc
    .tuple(order, anyText, anyValue)
    .map(([value, key, other]) => `{${JSON.stringify(key)}:${JSON.stringify(other)},${JSON.stringify(value).slice(1)}`),
  fc
    .tuple(order, fc.constantFrom('1e400', '-0', '1.0', '1e0', '9007199254740993', '1e-400', '0x1', '01', 'NaN', '1E3'))
    .map(([value, number]) => JSON.stringify(value).replace(/"quantity":[^,}]*/, `"quantity":${number}`)),
  fc.integer({ min: 1, max: 30_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 1, max: 10_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc
    .integer({ min: 1, max: 4_000 })
    .map((width) => `{${Array.from({ length: width }, (_, index) => `"k${index}":1`).join()}}`),
  fc.integer({ min: 1, max: 5_000 }).map((width) => `{"items":[${Array.from({ length: width }, () => '{}').join()}]}`),
  anyText,
);

const json = fc.oneof(
  { weight: 12, arbitrary: order.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: unusualJson },
  { weight: 1, arbitrary: fc.constant(JSON.stringify({ customerId: 'c'.repeat(70_000) })) },
);

/** The text in UTF-8, in another encoding, or with a byte that belongs to none. */
const bytes = fc.oneof(
  { weight: 12, arbitrary: json.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: json.map((text) => Buffer.from(text, 'utf16le')) },
  { weight: 1, arbitrary: json.map((text) => Buffer.from(text, 'latin1')) },
  {
    weight: 1,
    arbitrary: fc.tuple(json, fc.integer({ min: 0, max: 255 }), fc.nat()).map(([text, byte, at]) => {
      const body = Buffer.from(text);
      if (body.length > 0) body[at % body.length] = byte;
      return body;
    }),
  },
);

const encoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body, { level: 1 }),
  deflate: (body) => deflateSync(body, { level: 1 }),
  br: (body) => brotliCompressSync(body, { params: { 1: 1 } }),
  zstd: (body) => zstdCompressSync(body),
  identity: (body) => body,
};

/** A Content-Encoding that the body has, one that it has not, and one that nobody knows. */
const encoded = fc.oneof(
  { weight: 12, arbitrary: bytes.map((body) => ({ body, encoding: undefined })) },
  {
    weight: 2,
    arbitrary: fc.tuple(bytes, fc.constantFrom(...Object.keys(encoders))).map(([body, encoding]) => ({
      body: encoders[encoding]?.(body) ?? body,
      encoding,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      body: bytes,
      encoding: fc.constantFrom(...Object.keys(encoders), 'gzip, gzip', 'GZIP', 'compress', 'x-gzip', 'utf-8', '*'),
    }),
  },
);

const headerText = fc.oneof(
  fc.constantFrom('', ' ', ',', 'a,b', '"', '\u0001', '\u00ff', 'x'.repeat(300), 'x'.repeat(7_000), '{"a":1}'),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
);

const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json; charset="',
  'application/json; charset=utf-7',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  ';',
);

const otherHeader = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'baggage',
      'tracestate',
      'traceparent',
      'x-request-id',
      'b3',
      'accept',
      'accept-encoding',
      'cookie',
    ),
    headerText,
  ),
  fc.tuple(
    fc.constantFrom('Expect', 'Range', 'If-Match', 'X-HTTP-Method-Override', 'Upgrade', 'TE', 'Trailer', 'Via'),
    fc.constantFrom('100-continue', 'bytes=0-1', '*', 'DELETE', 'websocket', 'trailers', '1.1 x'),
  ),
  fc.constant(['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`] as const),
);

/** The Idempotency-Key: mostly one that nobody used, or none, several, and anything. */
const keys = (fresh: () => string): fc.Arbitrary<readonly string[]> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(null).map(() => [fresh()]) },
    { weight: 2, arbitrary: fc.constant(['used-before']) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(null).map(() => [fresh(), fresh()]) },
    { weight: 2, arbitrary: headerText.map((text) => [text]) },
  );

/** @param fresh makes an Idempotency-Key that no request had */
export function anyRequest(fresh: () => string): fc.Arbitrary<RawRequest> {
  return fc
    .record({
      key: keys(fresh),
      encoded,
      contentType: fc.oneof(
        { weight: 8, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: contentType },
      ),
      others: fc.array(otherHeader, { maxLength: 3 }),
      length: fc.oneof(
        { weight: 8, arbitrary: fc.constant('right') },
        { weight: 1, arbitrary: fc.constant('chunked') },
      ),
    })
    .map(({ key, encoded: { body, encoding }, contentType: type, others, length }) => ({
      headers: [
        ...key.map((value) => ['Idempotency-Key', value] as const),
        ['Content-Type', type],
        ...(encoding === undefined ? [] : [['Content-Encoding', encoding] as const]),
        ...others,
        length === 'right' ? ['Content-Length', String(body.length)] : ['Transfer-Encoding', 'chunked'],
      ],
      body: length === 'right' ? body : chunked(body),
      // What a failure prints.
      [fc.toStringMethod]: () => JSON.stringify({ key, type, encoding, others, body: body.toString().slice(0, 300) }),
    }));
}

function chunked(body: Buffer): Buffer {
  const chunk = [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')];
  return Buffer.concat([...(body.length > 0 ? chunk : []), Buffer.from('0\r\n\r\n')]);
}
