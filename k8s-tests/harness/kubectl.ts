import { execa } from 'execa';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { kubeconfigPath } from './environment.ts';

/** Runs kubectl on the cluster and gives its standard output; rejects with what it wrote when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(programPath('kubectl'), args, {
    env: { KUBECONFIG: kubeconfigPath() },
    timeout: 300_000,
  });
  return stdout;
}

/** Runs a piece of CommonJS in the Node of a deployment's main container and gives what it printed. */
export function runNode(namespace: string, deployment: string, script: string): Promise<string> {
  return kubectl('-n', namespace, 'exec', `deploy/${deployment}`, '-c', deployment, '--', 'node', '-e', script);
}

/** Restarts a deployment and waits until the new pods have replaced the old ones. */
export async function restartDeployment(namespace: string, deployment: string): Promise<void> {
  await kubectl('-n', namespace, 'rollout', 'restart', `deploy/${deployment}`);
  await kubectl('-n', namespace, 'rollout', 'status', `deploy/${deployment}`, '--timeout=180s');
}
