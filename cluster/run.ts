import { execa } from 'execa';

/**
 * A command could not be started, or failed. The message says what the command was for and ends with its last lines.
 */
export class CommandError extends Error {}

export interface RunOptions {
  /** What the command is for, such as "build of istio": the subject of the error. Default: the command itself. */
  readonly what?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  /** Standard input. Default: none. */
  readonly input?: string;
  /** Called with each line of output as it arrives. */
  readonly onLine?: (line: string) => void;
  /** Resolve even if the exit code is not 0. Default: false. */
  readonly tolerant?: boolean;
}

export interface RunResult {
  readonly stdout: string;
  /** Standard output and standard error, in the order of arrival. */
  readonly all: string;
  readonly exitCode: number;
}

/** Runs a program to its end and returns what it printed. @throws CommandError */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    all: true,
    reject: false,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (options.onLine) for await (const line of child.iterable({ from: 'all' })) options.onLine(String(line));
  const result = await child;
  if (result.failed && !(options.tolerant && result.exitCode !== undefined)) {
    const tail = (result.all ?? '').trimEnd().split('\n').slice(-12).join('\n  ');
    const reason = result.exitCode === undefined ? result.shortMessage : `exit code ${result.exitCode}`;
    throw new CommandError(
      `${options.what ?? `${file} ${args.join(' ')}`} failed (${reason})${tail ? `:\n  ${tail}` : ''}`,
    );
  }
  return { stdout: result.stdout ?? '', all: result.all ?? '', exitCode: result.exitCode ?? 0 };
}
