import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binFolder, kubeconfig } from '../paths.ts';
import { type RunOptions, type RunResult, run } from '../run.ts';

const env = { KUBECONFIG: kubeconfig };

/** The program that came with the cluster, else the one of this machine. */
export function programPath(name: string): string {
  const own = join(binFolder, name);
  return existsSync(own) ? own : name;
}

/** kubectl of the cluster's version, on this checkout's cluster. */
export function kubectl(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(programPath('kubectl'), args, { what: `kubectl ${args.join(' ')}`, ...options, env });
}

export function helm(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(programPath('helm'), args, { what: `helm ${args.slice(0, 4).join(' ')}`, ...options, env });
}

/**
 * Applies manifests; what is as it should be already stays untouched.
 * @param manager whose fields these are: what the same manager stated earlier and no longer does is removed
 */
export async function apply(manifests: string, what: string, manager = 'windlass'): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${manager}`];
  await kubectl(['apply', ...flags, '--filename', '-'], { input: manifests, what });
}
