import type { Progress } from '../progress.ts';
import { type RunOptions, type RunResult, run } from '../run.ts';
import { UserError } from '../settings.ts';

export function docker(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run('docker', args, options);
}

/** Whether this machine has a Docker client and its daemon answers. */
export async function isDockerAnswering(): Promise<boolean> {
  return (await dockerSilence()) === '';
}

/** Why no daemon answers, in Docker's own words; empty if one does, undefined if there is no Docker client. */
export async function dockerSilence(): Promise<string | undefined> {
  const answer = await docker(['version', '--format', '{{.Server.Version}}'], { tolerant: true }).catch(
    () => undefined,
  );
  if (answer === undefined) return undefined;
  return answer.exitCode === 0 ? '' : reasonOf(answer.all);
}

/** What Docker knows about a container. Only the fields that are used here. */
export interface Container {
  readonly State: { readonly Running: boolean; readonly Paused: boolean; readonly StartedAt: string };
  readonly HostConfig: { readonly PortBindings: Readonly<Record<string, readonly { readonly HostPort: string }[]>> };
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string }[];
}

/** The container of this name, running or not; undefined if there is none. */
export async function inspectContainer(name: string): Promise<Container | undefined> {
  const { stdout, exitCode } = await docker(['container', 'inspect', name], { tolerant: true });
  return exitCode === 0 ? (JSON.parse(stdout) as Container[])[0] : undefined;
}

/**
 * Pulls an image into Docker unless Docker has it.
 * @throws UserError with the registry's answer
 */
export async function ensureImage(image: string, progress: Progress): Promise<void> {
  const { exitCode } = await docker(['image', 'inspect', '--format', '{{.Id}}', image], { tolerant: true });
  if (exitCode === 0) return;
  const onLine = (line: string) => progress.note(`${image}: ${line}`);
  await progress
    .part(`pull of ${image}`, () => docker(['pull', image], { onLine }))
    .catch((error: Error) => {
      throw new UserError(`the image ${image} cannot be pulled: ${reasonOf(error.message)}`);
    });
}

/** The line of a program's output that says why it failed. Docker and crictl print other lines around it. */
export function reasonOf(output: string): string {
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  return lines.find((line) => /^Error response from daemon|^ERROR|level=fatal/.test(line)) ?? lines.at(-1) ?? '';
}
