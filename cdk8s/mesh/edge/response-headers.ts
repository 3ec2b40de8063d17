import type { EnvoyFilterSpec } from '../../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { insertFirst, mergeConnectionManager } from './connection-manager.ts';

const MUTATION_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation';

/**
 * For browsers that somebody leads here: an answer is data of one customer, never a page, and never stored. Browsers
 * ignore `strict-transport-security` in plain HTTP, and for addresses.
 */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
} as const;

/** The same as Envoy adds headers to its own answers. */
export const headersToAdd = Object.entries(securityHeaders).map(([key, value]) => ({
  header: { key, value },
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
}));

/** Gives every answer the security headers, and takes from it what only says which software runs here. */
export const responseHeaderFilter: EnvoyFilterSpec = {
  // The last to be first: it is the last to see an answer.
  priority: 30,
  workloadSelector: { labels: INGRESS_SELECTOR },
  configPatches: [
    mergeConnectionManager('GATEWAY', { server_header_transformation: 'PASS_THROUGH' }),
    insertFirst({
      name: 'windlass.response-headers',
      typed_config: {
        '@type': MUTATION_TYPE,
        mutations: {
          response_mutations: [
            { remove: 'server' },
            { remove_on_match: { key_matcher: { prefix: 'x-envoy-' } } },
            ...headersToAdd.map((append) => ({ append })),
          ],
        },
      },
    }),
  ],
};
