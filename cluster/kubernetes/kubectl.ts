import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binFolder, kubeconfig } from '../paths.ts';
import { type RunOptions, type RunResult, run } from '../run.ts';

const env = { KUBECONFIG: kubeconfig };

/** The program that came with the cluster, or that of this machine if there is none. */
export function programPath(name: string): string {
  const own = join(binFolder, name);
  return existsSync(own) ? own : name;
}

/** Runs kubectl of the cluster's version on this checkout's cluster. */
export function kubectl(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(programPath('kubectl'), args, { what: `kubectl ${args.join(' ')}`, ...options, env });
}

/** Runs Helm on this checkout's cluster. */
export function helm(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(programPath('helm'), args, { what: `helm ${args.slice(0, 4).join(' ')}`, ...options, env });
}

/**
 * Applies manifests on the server. Objects that are already as stated do not change.
 * @param manager the owner of the fields: fields that the same manager stated earlier and no longer states are removed
 */
export async function apply(manifests: string, what: string, manager = 'windlass'): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${manager}`];
  await kubectl(['apply', ...flags, '--filename', '-'], { input: manifests, what });
}
