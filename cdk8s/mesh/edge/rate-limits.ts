import type { EnvoyFilterSpec } from '../../imports/networking.istio.io.ts';
import type { Edge, RateLimit } from '../../model/environment.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { type HttpFilter, insertBeforeRouter, insertFirst } from './connection-manager.ts';
import { CUSTOMER } from './customers.ts';

const LOCAL_RATE_LIMIT_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';

/**
 * How many customers, and how many addresses, one pod of the gateway counts at a time. Beyond that it forgets the one that
 * was quiet for longest. Each takes less than a kilobyte.
 */
const BUCKETS = 10_000;

const address = { masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 } };
const customer = {
  metadata: {
    descriptor_key: 'customer',
    metadata_key: { key: CUSTOMER.filter, path: CUSTOMER.path.map((key) => ({ key })) },
    source: 'DYNAMIC',
  },
};
const method = { request_headers: { header_name: ':method', descriptor_key: 'method' } };

/**
 * What one client may ask for. An address is counted before anything else is done for it; IPv6 hands out networks, so
 * there it is one of 64 bits. A customer is counted after the token was verified, and orders count twice, because one
 * costs as much as hundreds of reads. A request above a limit is answered 429 and counts for nothing.
 *
 * An address is that of the connection. No header changes it: Istio sets `use_remote_address` on gateways and trusts no
 * proxy before them (`xff_num_trusted_hops` 0), so Envoy does not read the client's `x-forwarded-for`.
 */
export function rateLimitFilter({ perAddress, perCustomer, ordersPerCustomer }: Edge): EnvoyFilterSpec {
  return {
    // After the limit of bodies: an address over its limit has no body buffered.
    priority: 20,
    workloadSelector: { labels: INGRESS_SELECTOR },
    configPatches: [
      insertFirst(
        limiter('address', [{ actions: [address], entries: [{ key: 'masked_remote_address' }], limit: perAddress }]),
      ),
      insertBeforeRouter(
        limiter('customer', [
          { actions: [customer], entries: [{ key: 'customer' }], limit: perCustomer },
          {
            actions: [customer, method],
            entries: [{ key: 'customer' }, { key: 'method', value: 'POST' }],
            limit: ordersPerCustomer,
          },
        ]),
      ),
    ],
  };
}

interface Bucket {
  readonly actions: readonly object[];
  /** An entry without a value has a bucket for each value. */
  readonly entries: readonly { readonly key: string; readonly value?: string }[];
  readonly limit: RateLimit;
}

/** A request that no bucket is for, such as one without a customer, passes. */
function limiter(what: string, buckets: readonly Bucket[]): HttpFilter {
  const all = (runtime_key: string) => ({ default_value: { numerator: 100 }, runtime_key });
  return {
    name: `windlass.limit.${what}`,
    typed_config: {
      '@type': LOCAL_RATE_LIMIT_TYPE,
      stat_prefix: `edge_${what}`,
      filter_enabled: all(`edge_${what}_enabled`),
      filter_enforced: all(`edge_${what}_enforced`),
      max_dynamic_descriptors: BUCKETS,
      rate_limits: buckets.map(({ actions }) => ({ actions })),
      descriptors: buckets.map(({ entries, limit: { requestsPerSecond, burst } }) => ({
        entries,
        token_bucket: { max_tokens: burst, tokens_per_fill: requestsPerSecond, fill_interval: '1s' },
      })),
      // Within a second every bucket has a token again.
      response_headers_to_add: [{ header: { key: 'retry-after', value: '1' } }],
    },
  };
}
