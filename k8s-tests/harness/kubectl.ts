import { execa } from 'execa';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import type { PodRef } from './names.ts';

/** Runs kubectl on the cluster and returns its standard output. Rejects with its output if it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(programPath('kubectl'), args, {
    env: { KUBECONFIG: kubeconfigPath() },
    timeout: 300_000,
  });
  return stdout;
}

/** Runs CommonJS code in Node in a deployment's main container and returns its output. */
export function runNode(namespace: string, deployment: string, script: string): Promise<string> {
  return kubectl('-n', namespace, 'exec', `deploy/${deployment}`, '-c', deployment, '--', 'node', '-e', script);
}

/** Deletes a namespace. Resolves once its pods are gone, so that no later test counts them. The rest may take longer. */
export async function deleteNamespace(name: string): Promise<void> {
  await kubectl('-n', name, 'delete', 'deployments', '--all', '--cascade=foreground');
  await kubectl('-n', name, 'delete', 'pods', '--all', '--now');
  await kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found');
}

/** Restarts a deployment and waits until the new pods have replaced the old ones. */
export async function restartDeployment(namespace: string, deployment: string): Promise<void> {
  await kubectl('-n', namespace, 'rollout', 'restart', `deploy/${deployment}`);
  await kubectl('-n', namespace, 'rollout', 'status', `deploy/${deployment}`, '--timeout=180s');
}

/** Scales a deployment, and waits until it has exactly this number of pods and all are ready. */
export async function scaleDeployment(cluster: Cluster, { namespace, name }: PodRef, pods: number): Promise<void> {
  await kubectl('-n', namespace, 'scale', `deploy/${name}`, `--replicas=${pods}`);
  await kubectl('-n', namespace, 'rollout', 'status', `deploy/${name}`, '--timeout=120s');
  await eventually(
    async () => {
      const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` });
      const ready = await cluster.readyPods(namespace, `app=${name}`);
      const found = `${name} has ${items.length} pods, ${ready.length} of them ready`;
      if (items.length !== pods || ready.length !== pods) throw new Error(`${found}, expected ${pods}`);
    },
    { timeoutMs: 60_000 },
  );
}
