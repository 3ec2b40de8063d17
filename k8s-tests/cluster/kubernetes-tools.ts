import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binFolder, kubeconfig } from './paths.ts';
import { CommandError, type RunOptions, type RunResult, run } from './run.ts';

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

/** Waits until the newest generation of a workload serves; the error says which one did not, and what went wrong around it. */
export async function waitUntilServing(namespace: string, workload: string): Promise<void> {
  const args = ['-n', namespace, 'rollout', 'status', workload, '--timeout=150s'];
  await explained(namespace, kubectl(args, { what: `start of ${workload} in ${namespace}` }));
}

/** Waits for a condition of custom resources, as `kubectl wait` does. */
export async function waitForCondition(
  namespace: string,
  resources: readonly string[],
  condition: string,
): Promise<void> {
  const args = ['-n', namespace, 'wait', ...resources, `--for=condition=${condition}`, '--timeout=150s'];
  await explained(namespace, kubectl(args, { what: `wait for ${resources.join(' ')} in ${namespace}` }));
}

/** Adds the namespace's newest warnings to an error: what kubectl says is only that the time is over. */
async function explained(namespace: string, work: Promise<RunResult>): Promise<void> {
  await work.catch(async (error: unknown) => {
    const columns = 'custom-columns=:involvedObject.name,:reason,:message';
    const list = [
      '-n',
      namespace,
      'get',
      'events',
      '--field-selector=type=Warning',
      '--sort-by=.lastTimestamp',
      '-o',
      columns,
    ];
    const { stdout } = await kubectl(list, { tolerant: true });
    const warnings = stdout.trimEnd().split('\n').slice(-6).join('\n  ');
    throw error instanceof CommandError && warnings
      ? new CommandError(`${error.message}\nLast warnings:\n  ${warnings}`)
      : error;
  });
}
