import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';
import { portsFile, stateFolder } from './paths.ts';
import type { Ports } from './settings.ts';

/** What the last `make up` found or chose; in .windlass/ports.json. For tests and errors: the cluster itself decides. */
export interface State extends Ports {
  readonly target: Cluster['target'];
  /** The context of an existing cluster. */
  readonly context?: string;
}

/** The newest record of this checkout's cluster; undefined where there is none. */
export async function recallState(): Promise<State | undefined> {
  const text = await readFile(portsFile, 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as State;
  } catch {
    return undefined; // none, or one that was cut short
  }
}

export async function rememberState({ target, context }: Cluster, ports: Ports): Promise<void> {
  const state: State = { ...ports, target, ...(context !== undefined && { context }) };
  await mkdir(stateFolder, { recursive: true });
  await writeFile(portsFile, `${JSON.stringify(state)}\n`);
}
