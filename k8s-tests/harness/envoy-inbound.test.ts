import { expect, it } from 'vitest';
import { findInboundRoutes } from './envoy-inbound.ts';

/** As the sidecar of orders has it, without what is not read here. */
const dumpOf = (...routes: object[]) => ({
  configs: [
    {
      name: 'virtualOutbound',
      active_state: {
        listener: { filter_chains: [{ filters: [{ typed_config: { cluster: 'PassthroughCluster' } }] }] },
      },
    },
    {
      name: 'virtualInbound',
      active_state: {
        listener: {
          filter_chains: [
            { filters: [{ typed_config: { stat_prefix: 'x' } }, { typed_config: { route_config: hosts(routes) } }] },
          ],
        },
      },
    },
  ],
});
const hosts = (routes: readonly object[]) => ({ virtual_hosts: [{ name: 'inbound|http|8080', routes }] });
const toOrders = { cluster: 'inbound|8080||', timeout: '0s' };

it('the retries of a proxy to its own application are found in its listeners', () => {
  const retry_policy = { retry_on: 'reset-before-request', num_retries: 2 };
  const dump = dumpOf(
    { route: { ...toOrders, retry_policy } },
    { route: { cluster: 'inbound|80800||', retry_policy } },
  );
  expect(findInboundRoutes(dump, 8080)).toEqual([{ attempts: 2, conditions: ['reset-before-request'] }]);
});

it('a route without a policy, or with one that retries nothing, has no retries', () => {
  const nothing = { retry_on: '', num_retries: 2 };
  const dump = dumpOf({ route: toOrders }, { route: { ...toOrders, retry_policy: nothing } }, { redirect: {} });
  expect(findInboundRoutes(dump, 8080)).toEqual([null, null]);
  expect(findInboundRoutes(dump, 50051)).toEqual([]);
});
