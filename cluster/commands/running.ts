import { existsSync } from 'node:fs';
import { kubeconfig, portsFile } from '../paths.ts';
import type { ClusterProvider } from '../provider.ts';
import { type Ports, type Settings, UserError } from '../settings.ts';
import { rememberState } from '../state.ts';
import { chooseProvider, titleOf } from './choose-provider.ts';

/** The provider of a running cluster, and the cluster's ports on this machine. */
export interface RunningCluster {
  readonly provider: ClusterProvider;
  readonly ports: Ports;
}

/** Whether this checkout's cluster runs. */
export async function isUp(settings: Settings): Promise<boolean> {
  return (await chooseProvider(settings)).found.state === 'running';
}

/**
 * Finds this checkout's running cluster, and restores its kubeconfig if .windlass was deleted.
 * @param start the command that starts a suitable cluster, for the error
 * @throws UserError if none runs
 */
export async function runningCluster(settings: Settings, start = 'make up'): Promise<RunningCluster> {
  const { provider, found } = await chooseProvider(settings);
  if (found.state === 'down')
    throw new UserError(
      `this checkout's cluster, ${titleOf(provider)}, is down; \`make up\` brings it back: ${found.remedy}`,
    );
  if (found.state === 'absent') throw new UserError(`no cluster runs for this checkout: \`${start}\` starts one`);
  if (!existsSync(kubeconfig) || !existsSync(portsFile)) {
    await provider.connect();
    await rememberState(provider, found.ports);
  }
  return { provider, ports: found.ports };
}
