import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyOf } from './toolchain/cache.ts';

/** The root folder of the checkout that contains this code. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Distinguishes the clusters of several checkouts: 8 hexadecimal digits, derived from the checkout's path. */
export function idOf(checkout: string): string {
  return keyOf(checkout).slice(0, 8);
}

/** The name of a checkout's cluster: of its node, its kind cluster and its cgroup. */
export function clusterNameOf(checkout: string): string {
  return `windlass-${idOf(checkout)}`;
}

/** The state of this checkout's cluster, with the node's logs in node/logs. `make down` removes it. */
export const stateFolder = join(root, '.windlass');
export const kubeconfig = join(stateFolder, 'kubeconfig');
/** Links to kubectl, helm and istioctl of the versions in use. */
export const binFolder = join(stateFolder, 'bin');
export const portsFile = join(stateFolder, 'ports.json');
/** The authority of the gateway's certificate, as PEM, for clients on this machine. */
export const edgeAuthority = join(stateFolder, 'edge-ca.crt');
