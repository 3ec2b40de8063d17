import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from 'proper-lockfile';
import { stateFolder } from '../paths.ts';
import { pollUntil } from '../poll.ts';
import type { Ports } from '../settings.ts';

/** The process with the port-forwards locks this file while it runs, and ends once the file is gone. */
export const forwardsFile = join(stateFolder, 'forwards.json');

/** The cluster that the port-forwards lead to, and their ports of 127.0.0.1. */
export interface Forwards extends Ports {
  readonly context: string;
  /** The ingress gateway's Service. */
  readonly gateway: { readonly namespace: string; readonly service: string };
}

/** The running port-forwards; undefined if there are none. */
export async function findForwards(): Promise<Forwards | undefined> {
  const isHeld = await check(forwardsFile, { realpath: false }).catch(() => false);
  return isHeld ? (JSON.parse(await readFile(forwardsFile, 'utf8')) as Forwards) : undefined;
}

/** Starts the port-forwards as a process that outlives this one. */
export async function startForwards(forwards: Forwards): Promise<void> {
  await writeFile(forwardsFile, JSON.stringify(forwards));
  const log = openSync(join(stateFolder, 'forwards.log'), 'a');
  const program = fileURLToPath(new URL('forward.ts', import.meta.url));
  spawn(process.execPath, [program], { detached: true, stdio: ['ignore', log, log] }).unref();
  const isUp = async () => (await findForwards()) !== undefined;
  await until(isUp, 'the port-forwards did not start; see .windlass/forwards.log');
}

/** Ends the port-forwards by removing their file. */
export async function stopForwards(): Promise<void> {
  if (!(await findForwards())) return;
  await rm(forwardsFile, { force: true });
  const isDown = async () => !(await check(forwardsFile, { realpath: false }).catch(() => false));
  await until(isDown, 'the port-forwards do not end');
}

async function until(condition: () => Promise<boolean>, failure: string): Promise<void> {
  const attempt = async () => {
    if (!(await condition())) throw new Error(failure);
  };
  await pollUntil(attempt, { timeoutMs: 15_000, intervalMs: 100, failure: (last) => last });
}
