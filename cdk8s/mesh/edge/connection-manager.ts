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

/** An HTTP filter of the gateway: its name, and its configuration in the names of Envoy's API. */
export interface HttpFilter {
  readonly name: string;
  readonly typed_config: { readonly '@type': string } & Readonly<Record<string, unknown>>;
}

/** Adds an HTTP filter to the gateway that sees requests before all others, and answers after them. */
export function insertFirst(filter: HttpFilter): EnvoyFilterSpecConfigPatches {
  return {
    applyTo: 'HTTP_FILTER',
    match: connectionManagerIn('GATEWAY'),
    patch: { operation: 'INSERT_FIRST', value: filter },
  };
}

/** Adds an HTTP filter to the gateway that sees requests once all others have admitted them. */
export function insertBeforeRouter(filter: HttpFilter): EnvoyFilterSpecConfigPatches {
  const subFilter = { name: 'envoy.filters.http.router' };
  return {
    applyTo: 'HTTP_FILTER',
    match: {
      context: 'GATEWAY',
      listener: { filterChain: { filter: { name: HTTP_CONNECTION_MANAGER, subFilter } } },
    },
    patch: { operation: 'INSERT_BEFORE', value: filter },
  };
}
