import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyOf } from './toolchain/cache.ts';

/** The checkout this code lies in. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Tells the clusters of several checkouts apart: 8 hexadecimal digits from the checkout's path. */
export function idOf(checkout: string): string {
  return keyOf(checkout).slice(0, 8);
}

/** What the cluster of a checkout is called, as a node, a kind cluster and a cgroup. */
export function clusterNameOf(checkout: string): string {
  return `windlass-${idOf(checkout)}`;
}

/** This checkout's own state and pids; its logs are in node/logs. `make down` removes it. */
export const stateFolder = join(root, '.windlass');
export const kubeconfig = join(stateFolder, 'kubeconfig');
/** Links to kubectl, helm and istioctl of the versions in use. */
export const binFolder = join(stateFolder, 'bin');
export const portsFile = join(stateFolder, 'ports.json');
