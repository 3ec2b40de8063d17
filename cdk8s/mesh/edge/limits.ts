import type { EnvoyFilterSpec } from '../../imports/networking.istio.io.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { formatDurationS } from '../duration.ts';
import { connectionManagerIn, insertFirst, mergeConnectionManager } from './connection-manager.ts';

const CONNECTION_LIMIT_TYPE =
  'type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit';
const BUFFER_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer';

/** What one client may take of the gateway. Times in milliseconds. */
export const edgeLimits = {
  /** From the first byte of a request to the end of its headers. */
  headersTimeoutMs: 5_000,
  /** From the first byte of a request to the end of its body. */
  requestTimeoutMs: 10_000,
  /** From the opening of a connection to the end of its TLS handshake. */
  handshakeTimeoutMs: 5_000,
  /** Without a byte in either direction: longer than any request may take to arrive, or an answer to come. */
  streamIdleTimeoutMs: 15_000,
  /**
   * A connection without a request. Short, because silent ones count among `connections`, which are for all clients
   * together: stock Envoy has no limit of them per address.
   */
  idleTimeoutMs: 60_000,
  /**
   * Of one pod of the gateway, in plain HTTP and in TLS each. Those that wait hold up to 64 KiB each: together half of its
   * memory.
   */
  connections: 1_000,
  /** Of one HTTP/2 connection. */
  streams: 100,
  /** Path and headers. Services accept 16 KiB, and the proxies on the way add some of their own. */
  headersKiB: 8,
  /** As the services' own limit. */
  bodyBytes: 64 * 1024,
} as const;

/**
 * A request goes on only when all of it has arrived: a client that sends slowly holds the memory of its own body, and none
 * of the connections to the services, which are for all clients.
 */
export const gatewayLimitFilter: EnvoyFilterSpec = {
  // After filters without a number, since its filters are placed relative to those that are there.
  priority: 10,
  workloadSelector: { labels: INGRESS_SELECTOR },
  configPatches: [
    mergeConnectionManager('GATEWAY', {
      request_headers_timeout: formatDurationS(edgeLimits.headersTimeoutMs),
      request_timeout: formatDurationS(edgeLimits.requestTimeoutMs),
      stream_idle_timeout: formatDurationS(edgeLimits.streamIdleTimeoutMs),
      max_request_headers_kb: edgeLimits.headersKiB,
      common_http_protocol_options: { idle_timeout: formatDurationS(edgeLimits.idleTimeoutMs) },
      // The windows are the smallest that Envoy recommends for an edge: what a client may send ahead of being read.
      http2_protocol_options: {
        max_concurrent_streams: edgeLimits.streams,
        initial_stream_window_size: 64 * 1024,
        initial_connection_window_size: 1024 * 1024,
      },
    }),
    {
      applyTo: 'NETWORK_FILTER',
      match: connectionManagerIn('GATEWAY'),
      patch: {
        operation: 'INSERT_BEFORE',
        value: {
          name: 'envoy.filters.network.connection_limit',
          typed_config: {
            '@type': CONNECTION_LIMIT_TYPE,
            stat_prefix: 'edge',
            max_connections: edgeLimits.connections,
          },
        },
      },
    },
    insertFirst({
      name: 'envoy.filters.http.buffer',
      typed_config: { '@type': BUFFER_TYPE, max_request_bytes: edgeLimits.bodyBytes },
    }),
    {
      applyTo: 'FILTER_CHAIN',
      match: { context: 'GATEWAY', listener: { portNumber: 443 } },
      patch: {
        operation: 'MERGE',
        value: { transport_socket_connect_timeout: formatDurationS(edgeLimits.handshakeTimeoutMs) },
      },
    },
  ],
};
