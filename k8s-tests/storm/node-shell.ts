import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { clusterNameOf, root } from '../../cluster/paths.ts';
import { UserError } from '../../cluster/settings.ts';
import { recallState } from '../../cluster/state.ts';

const script = readFileSync(new URL('faults.sh', import.meta.url), 'utf8');

/**
 * Runs faults.sh in the PID namespace of the node until it ends. On the signal, faults.sh reverts its fault first.
 * Returns its lines of output. The only file that knows how a cluster's node is reached.
 */
export type NodeShell = (args: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;

/**
 * native: the node's processes are this host's. kind: they are those of a Docker container.
 * @throws UserError on a cluster whose nodes are not this machine's
 */
export async function openNodeShell(): Promise<NodeShell> {
  const target = (await recallState())?.target;
  switch (target) {
    case 'native':
      return shellOf(['bash']);
    case 'kind':
      return shellOf([
        'docker',
        'exec',
        '--interactive',
        '--privileged',
        `${clusterNameOf(root)}-control-plane`,
        'bash',
      ]);
    default:
      throw new UserError(
        `faults need a cluster whose node is on this machine, native or kind, not ${target ?? 'none'}`,
      );
  }
}

/**
 * @param command that starts a bash there
 * In a session of its own: Ctrl-C reaches only us, and the end of our pipe tells the fault to undo itself.
 */
export function shellOf([file, ...before]: readonly [string, ...string[]]): NodeShell {
  return async (args, signal) => {
    const options = { stdin: 'pipe', detached: true, cleanup: false, reject: false } as const;
    const running = execa(file, [...before, '-c', script, 'faults.sh', ...args], options);
    const release = (): void => void running.stdin.end();
    if (signal.aborted) release();
    signal.addEventListener('abort', release);
    try {
      const { stdout, stderr, exitCode } = await running;
      const complaints = exitCode === 0 && stderr === '' ? [] : [`exit code ${exitCode}: ${stderr}`];
      return [...stdout.split('\n').filter(Boolean), ...complaints];
    } finally {
      signal.removeEventListener('abort', release);
    }
  };
}
