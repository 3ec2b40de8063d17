import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that we started: its pid and when it started, so that a pid that was given out again is never taken for it. */
export interface OwnProcess {
  readonly pid: number;
  /** In clock ticks since boot, field 22 of /proc/pid/stat. */
  readonly startTime: string;
}

/** The process with this pid, or undefined if there is none (a zombie is none). */
export function identify(pid: number): OwnProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { pid, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function isAlive(process: OwnProcess): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

/** The children of a process, by pid. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Ends a process for good and waits until it is gone; does nothing when it has ended already. */
export async function end(process_: OwnProcess): Promise<void> {
  if (isAlive(process_)) process.kill(process_.pid, 'SIGKILL');
  for (let tries = 0; isAlive(process_) && tries < 200; tries++) await sleep(50);
  if (isAlive(process_)) throw new Error(`process ${process_.pid} does not end`);
}

export function remember(file: string, value: OwnProcess): void {
  writeFileSync(file, JSON.stringify(value));
}

export async function recall(file: string): Promise<OwnProcess | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as OwnProcess);
}
