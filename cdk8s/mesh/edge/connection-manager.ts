import type {
  EnvoyFilterSpecConfigPatches,
  EnvoyFilterSpecConfigPatchesMatch,
} from '../../imports/networking.istio.io.ts';

const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
const HCM_TYPE =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

type Context = 'GATEWAY' | 'SIDECAR_INBOUND';

/** Selects the filter of a listener that speaks HTTP. */
export function connectionManagerIn(context: Context): EnvoyFilterSpecConfigPatchesMatch {
  return { context, listener: { filterChain: { filter: { name: HTTP_CONNECTION_MANAGER } } } };
}

/** Merges settings of Envoy's HttpConnectionManager, in the names of its API. */
export function mergeConnectionManager(
  context: Context,
  settings: Readonly<Record<string, unknown>>,
): EnvoyFilterSpecConfigPatches {
  return {
    applyTo: 'NETWORK_FILTER',
    match: connectionManagerIn(context),
    patch: { operation: 'MERGE', value: { typed_config: { '@type': HCM_TYPE, ...settings } } },
  };
}
