import { apply, kubectl } from '../kubernetes/kubectl.ts';
import { toStream } from '../kubernetes/objects.ts';
import { clusterNameOf, root } from '../paths.ts';
import type { ClusterProvider } from '../provider.ts';
import { gatewayOf, injectionLabels, type Mesh, namespacesOf } from '../shared/mesh.ts';
import { CHECKOUT_LABEL, POD_SECURITY } from './labels.ts';

/** No pod is injected here. In `observability` each pod says so itself, for Prometheus gets a certificate. */
const OUTSIDE_THE_MESH = ['postgres'];
/** Those of the services. */
export const APPLICATION = ['shop', 'partner'];
/** Its pods make folders on the node, for volumes. */
const PRIVILEGED = ['local-path-storage'];

const OURS = { [CHECKOUT_LABEL]: clusterNameOf(root) };

/**
 * Creates the namespaces that the charts and the application need. Namespaces of others stay as they are. The field
 * manager is not the application's: the application owns the labels of its namespaces, which must not disappear
 * meanwhile.
 */
export async function applyNamespaces({ target }: Pick<ClusterProvider, 'target'>, mesh: Mesh): Promise<void> {
  const present = await namesOf([]);
  const ours = await namesOf(['-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)}`]);
  const manifests = [...namespacesOf(mesh), ...(target === 'native' ? ['local-path-storage'] : [])]
    .filter((name) => !present.includes(name) || ours.includes(name))
    .map((name) => {
      const labels = {
        ...(OUTSIDE_THE_MESH.includes(name) && { 'istio-injection': 'disabled' }),
        ...(mesh.kind === 'shared' && name === gatewayOf(mesh).namespace && injectionLabels(mesh)),
        // The application's own namespaces state theirs.
        ...(!APPLICATION.includes(name) && { [POD_SECURITY]: PRIVILEGED.includes(name) ? 'privileged' : 'restricted' }),
        ...OURS,
      };
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    });
  if (manifests.length > 0) await apply(toStream(manifests), 'namespaces', 'windlass-platform');
}

/** Removes the namespaces that this checkout created, with everything in them. */
export async function removeNamespaces(): Promise<void> {
  await kubectl(['delete', 'namespaces', '-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)}`, '--timeout=180s']);
}

/** The namespaces that this checkout created. */
export function ourNamespaces(): Promise<string[]> {
  return namesOf(['-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)}`]);
}

async function namesOf(selector: readonly string[]): Promise<string[]> {
  const { stdout } = await kubectl(['get', 'namespaces', ...selector, '-o', 'name']);
  return stdout.split('\n').flatMap((line) => line.replace('namespace/', '') || []);
}
