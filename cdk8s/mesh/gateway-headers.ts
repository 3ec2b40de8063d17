import type { EnvoyFilterSpec } from '../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR } from './caller.ts';

const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
const HCM_TYPE =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const MUTATION_TYPE =
  'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation';

/**
 * With x-envoy-* headers a client could change an Envoy's retries, timeouts, tracing and logs, here and at every hop
 * behind. The gateway drops all of them before it reads any; Envoy's own come after that. Envoy's own removal is not
 * enough: it depends on whether Envoy takes the client's address for an internal one, and lets some headers through in
 * any case. A route's header removal comes too late for the timeout.
 */
export const gatewayHeaderFilter: EnvoyFilterSpec = {
  workloadSelector: { labels: INGRESS_SELECTOR },
  configPatches: [
    {
      applyTo: 'NETWORK_FILTER',
      match: { context: 'GATEWAY', listener: { filterChain: { filter: { name: HTTP_CONNECTION_MANAGER } } } },
      patch: {
        operation: 'MERGE',
        value: {
          typed_config: {
            '@type': HCM_TYPE,
            early_header_mutation_extensions: [
              {
                name: 'envoy.http.early_header_mutation.header_mutation',
                typed_config: {
                  '@type': MUTATION_TYPE,
                  mutations: [{ remove_on_match: { key_matcher: { prefix: 'x-envoy-' } } }],
                },
              },
            ],
          },
        },
      },
    },
  ],
};
