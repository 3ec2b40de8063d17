import { apply, kubectl } from './kubernetes-tools.ts';
import { toStream } from './objects.ts';

const NAMESPACES = ['istio-system', 'local-path-storage', 'observability', 'postgres', 'shop', 'partner'];
const OUTSIDE_THE_MESH = ['observability', 'postgres'];

/** On namespaces that were not there before: what we made we may remove. */
const OURS = { 'app.kubernetes.io/managed-by': 'windlass' } as const;
export const OUR_NAMESPACES = 'app.kubernetes.io/managed-by=windlass';

/**
 * Makes the namespaces that the charts and the application need. As a manager of its own: the application states the labels of
 * its namespaces, and a pod that starts meanwhile needs them.
 */
export async function applyNamespaces(): Promise<void> {
  const foreign = await namesOf('app.kubernetes.io/managed-by!=windlass');
  const manifests = NAMESPACES.map((name) => {
    const labels = {
      ...(OUTSIDE_THE_MESH.includes(name) && { 'istio-injection': 'disabled' }),
      ...(!foreign.includes(name) && OURS),
    };
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  });
  await apply(toStream(manifests), 'namespaces', 'windlass-platform');
}

/** Removes the namespaces that we made, with all in them. */
export async function removeNamespaces(): Promise<void> {
  await kubectl(['delete', 'namespaces', '-l', OUR_NAMESPACES, '--timeout=180s']);
}

async function namesOf(selector: string): Promise<string[]> {
  const { stdout } = await kubectl(['get', 'namespaces', '-l', selector, '-o', 'name']);
  return stdout.split('\n').map((line) => line.replace('namespace/', ''));
}
