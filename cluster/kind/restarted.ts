import { kubectl } from '../kubernetes/kubectl.ts';
import { pollUntil } from '../poll.ts';

const TIMEOUT_MS = 180_000;

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status: {
    readonly containerStatuses?: readonly { readonly state: { readonly running?: { readonly startedAt: string } } }[];
  };
}

/**
 * Pods whose status is older than the node's start. Their containers are gone, but the kubelet has not reported it yet.
 */
export function staleOf(pods: readonly Pod[], nodeStartedAt: string): string[] {
  const start = Date.parse(nodeStartedAt);
  return pods
    .filter(({ status: { containerStatuses = [] } }) =>
      // Kubernetes rounds times to whole seconds.
      containerStatuses.some(({ state }) => state.running && Date.parse(state.running.startedAt) < start - 1_000),
    )
    .map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
}

/**
 * Waits until the API server describes a restarted node as it is: it answers, and the status of every pod is newer than
 * the start. Until then everything looks ready although nothing runs.
 */
export function waitUntilRestarted(nodeStartedAt: string, note: (text: string) => void): Promise<void> {
  let missing = 'the API server does not answer';
  const attempt = async () => {
    const { stdout, exitCode } = await kubectl(['get', 'pods', '-A', '-o', 'json', '--request-timeout=5s'], {
      tolerant: true,
    });
    if (exitCode === 0) {
      const stale = staleOf((JSON.parse(stdout) as { items: Pod[] }).items, nodeStartedAt);
      if (stale.length === 0) return;
      missing = `not started again yet: ${stale.join(', ')}`;
    }
    note(missing);
    throw new Error(missing);
  };
  const failure = (last: string) => `the restarted node did not come up in ${TIMEOUT_MS / 1000} s; ${last}`;
  return pollUntil(attempt, { timeoutMs: TIMEOUT_MS, intervalMs: 500, failure });
}
