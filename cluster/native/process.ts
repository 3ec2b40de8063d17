import { readdirSync, readFileSync } from 'node:fs';
import { pollUntil } from '../poll.ts';

/** A process that we started. Its pid and its start identify it, so that a reused pid is never mistaken for it. */
export interface OwnProcess {
  readonly pid: number;
  /** Start in clock ticks since boot: field 22 of /proc/pid/stat. */
  readonly startTime: string;
}

/** The process with this pid; undefined if there is none or it is a zombie. */
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

/** Processes whose command line starts with this program and contains this argument. None if there is no /proc. */
export function findByCommand(program: string, argument: string): OwnProcess[] {
  return pids().flatMap((pid) => {
    const [first, ...rest] = readProc(pid, 'cmdline').split('\0');
    return first === program && rest.includes(argument) ? (identify(pid) ?? []) : [];
  });
}

/** The environment that a process was started with; empty if we may not read it. */
export function environmentOf({ pid }: OwnProcess): Readonly<Record<string, string>> {
  const entries = readProc(pid, 'environ').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** The pids of all processes. Empty if there is no /proc. */
export function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

/** A file of /proc/pid; empty if the process has ended meanwhile, or if we may not read it. */
export function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The children of a process, by pid. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Kills a process and waits until it is gone. Does nothing if it has ended already. */
export async function end(process_: OwnProcess): Promise<void> {
  if (isAlive(process_)) process.kill(process_.pid, 'SIGKILL');
  const attempt = () => {
    if (isAlive(process_)) throw new Error(`process ${process_.pid} does not end`);
  };
  await pollUntil(attempt, { timeoutMs: 10_000, intervalMs: 50, failure: (last) => last });
}
