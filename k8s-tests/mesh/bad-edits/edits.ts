import { type Spec, without, withValue } from './spec.ts';

/** The kinds of objects that are edited, by the name of their resource. */
export type EditedKind = 'virtualservices' | 'destinationrules' | 'envoyfilters' | 'serviceentries';

/** A bad edit of an object. It is stated without regard to what the API server, istiod or Envoy make of it. */
export interface BadEdit {
  readonly what: string;
  /**
   * What the edit itself says, once it is accepted. `unreachable`: calls of the object's callee have nowhere to go, or no
   * time. `harmless`: every call still has its way, or the edit has no meaning at all and must have no effect.
   */
  readonly meaning: 'unreachable' | 'harmless';
  /** Undefined: the object is deleted. */
  readonly change: (spec: Spec) => Spec | undefined;
}

const missingHost = 'missing.shop.svc.cluster.local';
/** The first number that no signed integer of 32 bits holds. */
const tooLarge = 2 ** 31;

const edit = (meaning: BadEdit['meaning'], what: string, change: BadEdit['change']): BadEdit => ({
  what,
  meaning,
  change,
});

/** Edits that set one value at a path. */
const set = (meaning: BadEdit['meaning'], path: string, ...values: readonly unknown[]): BadEdit[] =>
  values.map((value) => edit(meaning, `${path} = ${JSON.stringify(value)}`, (spec) => withValue(spec, path, value)));

const deleted = (meaning: BadEdit['meaning']): BadEdit => edit(meaning, 'deleted', () => undefined);

const destination = 'http.0.route.0.destination';
const pool = 'trafficPolicy.connectionPool';
const ejection = 'trafficPolicy.outlierDetection';
const patch = 'configPatches.0.patch';
const connectionManager =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export const badEdits: Readonly<Record<EditedKind, readonly BadEdit[]>> = {
  virtualservices: [
    deleted('unreachable'),
    ...set('unreachable', `${destination}.host`, missingHost, 'missing'),
    ...set('unreachable', `${destination}.subset`, 'missing'),
    ...set('unreachable', `${destination}.port.number`, 4711, 0, 65_536, -1),
    ...set('unreachable', 'hosts', [missingHost], []),
    ...set('unreachable', 'gateways', ['shop/missing']),
    ...set('unreachable', 'http', []),
    ...set('unreachable', 'http.0.timeout', '1ms', '1ns'),
    ...set('unreachable', 'http.0.retries.perTryTimeout', '1ms', '1ns'),
    ...set('harmless', 'http.0.timeout', '-1s', '0s', 'soon', '876000h', '2147483648h'),
    ...set('harmless', 'http.0.retries.perTryTimeout', '-1s', '0s', '876000h'),
    ...set('harmless', 'http.0.retries.attempts', -1, tooLarge - 1, tooLarge),
    ...set('harmless', 'http.0.retries.retryOn', 'full-moon', 'reset,full-moon', '99', ''),
    ...set('harmless', 'http.0.retries.backoff', '-1s', '0s', '876000h'),
    ...set('harmless', 'http.0.route.0.weight', -1, tooLarge),
    ...set('harmless', 'http.0.mirror', { host: missingHost }),
    ...set('harmless', 'http.0.delegate', { name: 'missing' }),
    ...set('unreachable', 'http.0.match.0.uri', { regex: '(' }, { exact: '' }, { regex: 'x{1001}' }),
  ],
  destinationrules: [
    // Every caller then has Istio's defaults. Only a partner needs the rule's TLS.
    deleted('harmless'),
    ...set('harmless', 'host', missingHost, ''),
    ...set('harmless', 'subsets', [{ name: 'missing', labels: { version: '0' } }], [{ name: '' }]),
    ...set('harmless', 'workloadSelector', { matchLabels: { app: 'missing' } }),
    ...set('harmless', 'exportTo', ['missing'], ['']),
    ...set('harmless', `${pool}.tcp.maxConnections`, -1, 0, tooLarge - 1, tooLarge),
    ...set('harmless', `${pool}.http.http2MaxRequests`, -1, 0, tooLarge - 1, tooLarge),
    ...set('harmless', `${pool}.http.http1MaxPendingRequests`, -1, 0, tooLarge - 1, tooLarge),
    ...set('harmless', `${pool}.tcp.connectTimeout`, '-1s', '0s', '1ns', 'soon', '876000h'),
    ...set('unreachable', `${pool}.tcp.connectTimeout`, '1ms'),
    ...set('harmless', `${ejection}.consecutive5xxErrors`, -1, tooLarge, 2 ** 32),
    ...set('harmless', `${ejection}.interval`, '-1s', '0s', '1ns', '876000h'),
    ...set('harmless', `${ejection}.baseEjectionTime`, '-1s', '0s', '876000h'),
    ...set('harmless', `${ejection}.maxEjectionPercent`, -1, 101, tooLarge),
    ...set('harmless', `${ejection}.minHealthPercent`, -1, 101, tooLarge),
    ...set('harmless', 'trafficPolicy.retryBudget.percent', -1, 101, tooLarge),
    ...set('harmless', 'trafficPolicy.retryBudget.minRetryConcurrency', -1, tooLarge, 2 ** 32),
    ...set('harmless', 'trafficPolicy.loadBalancer', { simple: 'WORST' }),
    ...set('unreachable', 'trafficPolicy.tls', { mode: 'SIMPLE', caCertificates: '/missing.pem' }, { mode: 'MUTUAL' }),
    ...set('harmless', 'trafficPolicy.tls', { mode: 'ROT13' }),
  ],
  envoyfilters: [
    deleted('harmless'),
    ...set('harmless', 'workloadSelector', { labels: { app: 'missing' } }),
    ...set('harmless', 'configPatches.0.match', { cluster: { service: missingHost } }, { context: 'NOWHERE' }),
    ...set('harmless', 'configPatches.0.applyTo', 'NOTHING', 'INVALID'),
    ...set('harmless', `${patch}.operation`, 'BREAK', 'INVALID'),
    ...set('unreachable', `${patch}.operation`, 'REMOVE'),
    ...set('harmless', 'priority', tooLarge),
    ...set(
      'harmless',
      `${patch}.value`,
      { outlier_detection: { max_ejection_time: '-1s' } },
      { outlier_detection: { interval: '-1s' } },
      { outlier_detection: { failure_percentage_threshold: 101 } },
      { outlier_detection: { max_ejection_percent: tooLarge } },
      { outlier_detection: { full_moon: true } },
      { outlier_detection: 'yes' },
      { connect_timeout: '-1s' },
      { type: 'FULL_MOON' },
      { typed_config: { '@type': 'type.googleapis.com/missing.Type' } },
      { typed_config: { '@type': connectionManager, stream_idle_timeout: '-1s' } },
      { typed_config: { '@type': connectionManager, http2_protocol_options: { max_concurrent_streams: 0 } } },
      { typed_config: { '@type': connectionManager, server_header_transformation: 9 } },
      [],
    ),
  ],
  serviceentries: [
    deleted('unreachable'),
    ...set('unreachable', 'hosts', ['missing.partner.example'], []),
    ...set('unreachable', 'ports.0.number', -1, 0, 4711, 65_536, tooLarge),
    ...set('unreachable', 'endpoints.0.address', 'missing.partner.example', '999.0.0.1', ''),
    ...set('unreachable', 'endpoints.0.ports', { http: 0 }, { http: 4711 }, { missing: 80 }),
    ...set('harmless', 'ports.0.protocol', 'PIGEON', ''),
    ...set('unreachable', 'resolution', 'NONE', 'STATIC', 'ASK'),
    edit('unreachable', 'without endpoints', (spec) => without(spec, 'endpoints')),
  ],
};
