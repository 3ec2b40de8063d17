import { existsSync } from 'node:fs';
import { chooseCluster, titleOf } from '../choose.ts';
import type { Cluster } from '../cluster.ts';
import { kubeconfig, portsFile } from '../paths.ts';
import { type Ports, type Settings, UserError } from '../settings.ts';
import { rememberState } from '../state.ts';

/** A cluster that runs, and the ports of its doors. */
export interface RunningCluster {
  readonly cluster: Cluster;
  readonly ports: Ports;
}

/** Whether this checkout's cluster runs. */
export async function isUp(settings: Settings): Promise<boolean> {
  return (await chooseCluster(settings)).found.state === 'running';
}

/**
 * This checkout's cluster, with its kubeconfig in place even after .windlass was deleted.
 * @param start the command that starts a cluster which will do
 * @throws UserError where none runs
 */
export async function runningCluster(settings: Settings, start = 'make up'): Promise<RunningCluster> {
  const { cluster, found } = await chooseCluster(settings);
  if (found.state === 'down')
    throw new UserError(
      `this checkout's cluster, ${titleOf(cluster)}, is down; \`make up\` brings it back: ${found.remedy}`,
    );
  if (found.state === 'absent') throw new UserError(`no cluster runs for this checkout: \`${start}\` starts one`);
  if (!existsSync(kubeconfig) || !existsSync(portsFile)) {
    await cluster.connect();
    await rememberState(cluster, found.ports);
  }
  return { cluster, ports: found.ports };
}
