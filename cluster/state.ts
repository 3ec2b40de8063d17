import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { kubeconfig, portsFile, stateFolder } from './paths.ts';
import type { ClusterProvider } from './provider.ts';
import { type Ports, UserError } from './settings.ts';

/**
 * What the last `make up` found or chose, in .windlass/ports.json. Tests and error messages use it; `make up` asks the
 * cluster.
 */
export interface State extends Ports {
  readonly target: ClusterProvider['target'];
  /** The context of an existing cluster. */
  readonly context?: string;
}

/** The latest record of this checkout's cluster; undefined if there is none. */
export async function recallState(): Promise<State | undefined> {
  const text = await readFile(portsFile, 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as State;
  } catch {
    return undefined; // there is none, or its writer was interrupted
  }
}

export async function rememberState({ target, context }: ClusterProvider, ports: Ports): Promise<void> {
  const state: State = { ...ports, target, ...(context !== undefined && { context }) };
  await mkdir(stateFolder, { recursive: true });
  await writeFile(portsFile, `${JSON.stringify(state)}\n`);
}

const port = z.int().positive();
const portsSchema = z.object({ ingress: port, ingressTls: port, jaeger: port, prometheus: port });

/** The ports on 127.0.0.1 of this checkout's cluster, as `make up` chose them. @throws UserError if no cluster runs */
export function readPorts(): Ports {
  return portsSchema.parse(JSON.parse(readFileSync(existing(portsFile), 'utf8')));
}

/**
 * The kubeconfig that `make up` wrote, for any kind of cluster. Never the user's own, because tests delete pods and
 * edit policies.
 * @throws UserError if no cluster runs
 */
export function kubeconfigPath(): string {
  return existing(kubeconfig);
}

function existing(path: string): string {
  if (!existsSync(path)) throw new UserError(`${path} is not there: start the cluster with "make up"`);
  return path;
}
