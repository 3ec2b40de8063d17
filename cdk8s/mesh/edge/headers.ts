import type { EnvoyFilterSpec } from '../../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { mergeConnectionManager } from './connection-manager.ts';

const MUTATION_TYPE =
  'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation';

/** Keeps the client's own trace id, which its support may ask for, as the attribute of our span. */
export const CLIENT_TRACE_HEADER = 'x-client-traceparent';

/** The verified payload of the request's token, in base64url. Services take the customer from it. */
export const PRINCIPAL_HEADER = 'x-windlass-principal';

/**
 * With these headers a client could decide what is traced, join the traces of others, and have kilobytes stored with each
 * event and sent to partners. The gateway begins a trace and an id of its own. Envoy records each request that has a
 * client's trace id, and reads a digit of the request id as the decision.
 */
const traceHeaders = ['traceparent', 'tracestate', 'baggage', 'b3', 'x-client-trace-id', 'x-request-id'];

/**
 * With x-envoy-* headers a client could change an Envoy's retries, timeouts, tracing and logs, here and at every hop
 * behind. The gateway drops all of them before it reads any; Envoy's own come after that. Envoy's own removal is not
 * enough: it depends on whether Envoy takes the client's address for an internal one, and lets some headers through in
 * any case. A route's header removal comes too late for the timeout.
 */
const prefixes = ['x-envoy-', 'x-b3-'];

/** The headers that the gateway removes from every request, before Envoy reads any. */
export const gatewayHeaderFilter: EnvoyFilterSpec = {
  workloadSelector: { labels: INGRESS_SELECTOR },
  configPatches: [
    mergeConnectionManager('GATEWAY', {
      early_header_mutation_extensions: [
        {
          name: 'envoy.http.early_header_mutation.header_mutation',
          typed_config: {
            '@type': MUTATION_TYPE,
            mutations: [
              { remove: CLIENT_TRACE_HEADER },
              // A traceparent has 55 characters.
              { append: { header: { key: CLIENT_TRACE_HEADER, value: '%REQ(traceparent):55%' } } },
              // Without a token, no filter would replace that of a client.
              { remove: PRINCIPAL_HEADER },
              ...traceHeaders.map((name) => ({ remove: name })),
              ...prefixes.map((prefix) => ({ remove_on_match: { key_matcher: { prefix } } })),
            ],
          },
        },
      ],
    }),
  ],
};
