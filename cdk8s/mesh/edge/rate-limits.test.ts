import { expect, test } from 'vitest';
import { environments } from '../../environments.ts';
import type { RateLimit } from '../../model/environment.ts';
import { rateLimitFilter } from './rate-limits.ts';

interface Limiter {
  readonly typed_config: {
    readonly descriptors: readonly { readonly entries: readonly object[]; readonly token_bucket: object }[];
  } & Readonly<Record<string, unknown>>;
}

const { edge } = environments.prod;
const patches = rateLimitFilter(edge).configPatches ?? [];
const [address, customer] = patches.map(({ patch }) => patch?.value as Limiter);
const bucket = ({ requestsPerSecond, burst }: RateLimit) => ({
  max_tokens: burst,
  tokens_per_fill: requestsPerSecond,
  fill_interval: '1s',
});

test('addresses are limited first of all, and customers last, when their token was verified', () => {
  expect(patches.map(({ patch }) => patch?.operation)).toEqual(['INSERT_FIRST', 'INSERT_BEFORE']);
  expect(patches[1]?.match?.listener?.filterChain?.filter?.subFilter).toEqual({ name: 'envoy.filters.http.router' });
});

test('each address, each customer, and the orders of each customer have a bucket of their own', () => {
  expect(address?.typed_config.descriptors).toEqual([
    { entries: [{ key: 'masked_remote_address' }], token_bucket: bucket(edge.perAddress) },
  ]);
  expect(customer?.typed_config.descriptors).toEqual([
    { entries: [{ key: 'customer' }], token_bucket: bucket(edge.perCustomer) },
    { entries: [{ key: 'customer' }, { key: 'method', value: 'POST' }], token_bucket: bucket(edge.ordersPerCustomer) },
  ]);
});

test('a refusal says when to come back', () => {
  for (const limiter of [address, customer])
    expect(limiter?.typed_config.response_headers_to_add).toEqual([{ header: { key: 'retry-after', value: '1' } }]);
});
