import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';
import { portsFile, stateFolder } from './paths.ts';
import type { Ports } from './settings.ts';

/** What `make up` decided and later commands need; in .windlass/ports.json. */
export interface State extends Ports {
  readonly target: Cluster['target'];
}

/** The state of this checkout's cluster; undefined where there is none. */
export async function recallState(): Promise<State | undefined> {
  const text = await readFile(portsFile, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as State);
}

export async function rememberState(state: State): Promise<void> {
  await mkdir(stateFolder, { recursive: true });
  await writeFile(portsFile, `${JSON.stringify(state)}\n`);
}
