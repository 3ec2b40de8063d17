import { readdirSync, readFileSync } from 'node:fs';
import { pollUntil } from '../poll.ts';

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

/** Processes whose command line has this program first and this argument somewhere. None where there is no /proc. */
export function findByCommand(program: string, argument: string): OwnProcess[] {
  return pids().flatMap((pid) => {
    const [first, ...rest] = readProc(pid, 'cmdline').split('\0');
    return first === program && rest.includes(argument) ? (identify(pid) ?? []) : [];
  });
}

/** The environment that a process was started with; empty where we may not read it. */
export function environmentOf({ pid }: OwnProcess): Readonly<Record<string, string>> {
  const entries = readProc(pid, 'environ').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

/** Empty where the process has ended meanwhile, or is not ours to read. */
function readProc(pid: number, file: string): string {
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

/** Kills a process and waits until it is gone; does nothing when it has ended already. */
export async function end(process_: OwnProcess): Promise<void> {
  if (isAlive(process_)) process.kill(process_.pid, 'SIGKILL');
  const attempt = () => {
    if (isAlive(process_)) throw new Error(`process ${process_.pid} does not end`);
  };
  await pollUntil(attempt, { timeoutMs: 10_000, intervalMs: 50, failure: (last) => last });
}
