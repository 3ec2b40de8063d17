import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { check } from 'proper-lockfile';
import { stateFolder } from '../paths.ts';
import { CommandError } from '../run.ts';
import type { Ports } from '../settings.ts';

/** Held by the process with the port-forwards as long as it lives; without it the process ends. */
export const forwardsFile = join(stateFolder, 'forwards');

export async function forwardsRun(): Promise<boolean> {
  return check(forwardsFile, { realpath: false }).catch(() => false);
}

/** Starts the port-forwards as a process that outlives this one. */
export async function startForwards({ ingress, jaeger }: Ports): Promise<void> {
  await writeFile(forwardsFile, '');
  const log = openSync(join(stateFolder, 'forwards.log'), 'a');
  const program = fileURLToPath(new URL('forward.ts', import.meta.url));
  spawn(process.execPath, [program, String(ingress), String(jaeger)], {
    detached: true,
    stdio: ['ignore', log, log],
  }).unref();
  await until(forwardsRun, 'the port-forwards did not start; see .windlass/forwards.log');
}

/** Ends the port-forwards by taking their file away. */
export async function stopForwards(): Promise<void> {
  if (!(await forwardsRun())) return;
  await rm(forwardsFile, { force: true });
  await until(async () => !(await forwardsRun()), 'the port-forwards do not end');
}

async function until(condition: () => Promise<boolean>, failure: string): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) if (await condition()) return;
  throw new CommandError(failure);
}
