import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../harness/random.ts';
import { dueTimes, OrderLoad } from './order-load.ts';
import { drawOrder } from './order-mix.ts';

let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  const number = requests;
  if (number % 3 === 0) response.writeHead(402).end('{}');
  else if (number % 3 === 1) response.writeHead(202).end(JSON.stringify({ orderId: `o-${number}` }));
  else response.destroy();
});
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

const signal = new AbortController().signal;
const start = (count: number, maxInFlight: number) =>
  new OrderLoad({
    dueMs: Array.from({ length: count }, (_, n) => n * 2),
    callOf: (n) => ({ key: `k-${n}`, paymentToken: 'tok_ok', call: { url: url() } }),
    maxInFlight,
    signal,
  });

describe('the load', () => {
  it('is steady, and denser by the factor in a burst', () => {
    const due = dueTimes({
      ratePerSecond: 4,
      durationMs: 120_000,
      bursts: [{ atMs: 40_000, forMs: 30_000 }],
      factor: 10,
    });
    const between = (from: number, to: number) => due.filter((atMs) => atMs >= from && atMs < to).length;
    expect(between(0, 40_000)).toBe(160);
    expect(between(40_000, 70_000)).toBe(1_200);
    expect(between(70_000, 120_000)).toBe(200);
  });

  it('makes each call once and records its key and its response or error', async () => {
    requests = 0;
    const load = start(30, 100);
    await load.finished;
    expect(requests).toBe(30);
    expect(load.records.map(({ key }) => key).sort()).toEqual(Array.from({ length: 30 }, (_, n) => `k-${n}`).sort());
    expect(load.records.filter(({ status }) => status === 402)).toHaveLength(10);
    expect(load.records.filter(({ status }) => status === undefined)).toHaveLength(10);
    expect(load.accepted).toHaveLength(10);
    expect(load.accepted[0]).toMatchObject({ status: 202, orderId: expect.stringMatching(/^o-/) });
  });

  it('does not exceed the limit of concurrent calls, and records the calls that it did not send', async () => {
    const load = new OrderLoad({
      dueMs: [0, 0, 0],
      callOf: (n) => ({ key: `k-${n}`, paymentToken: 'tok_ok', call: { url: url() } }),
      maxInFlight: 2,
      signal,
    });
    await load.finished;
    expect(load.records.filter(({ error }) => error?.startsWith('not sent'))).toHaveLength(1);
  });
});

describe('the mix of orders', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 500 }, () => drawOrder(random));
  };

  it('is the same for the same seed', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('has every token, every SKU and a country that no carrier serves, and each SKU once per order', () => {
    const orders = draw(1);
    expect(new Set(orders.map(({ paymentToken }) => paymentToken)).size).toBe(5);
    expect(new Set(orders.flatMap(({ items }) => items.map(({ sku }) => sku))).size).toBe(3);
    expect(new Set(orders.map(({ shippingAddress }) => shippingAddress.country))).toEqual(new Set(['NO', 'AQ']));
    for (const { items } of orders) expect(new Set(items.map(({ sku }) => sku)).size).toBe(items.length);
  });
});
