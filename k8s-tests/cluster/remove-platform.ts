import { parseAllDocuments } from 'yaml';
import { manifests, synthesize } from './application.ts';
import { kubectl } from './kubernetes-tools.ts';
import { removeNamespaces } from './namespaces.ts';
import { type KubernetesObject, toStream } from './objects.ts';
import { uninstallReleases } from './releases.ts';

/**
 * Takes everything of ours out of a cluster that stays: the application while its operators are still there, the releases, the
 * namespaces that we made. CRDs stay.
 */
export async function removePlatform(): Promise<void> {
  await synthesize();
  const objects = parseAllDocuments(await manifests()).map((document) => document.toJS() as KubernetesObject | null);
  const application = objects.filter((object) => object !== null && object.kind !== 'Namespace') as KubernetesObject[];
  const flags = ['--ignore-not-found', '--timeout=120s', '--filename', '-'];
  // Tolerant: where a CRD is gone, so are its objects.
  await kubectl(['delete', ...flags], { input: toStream(application), tolerant: true });
  await uninstallReleases();
  await removeNamespaces();
}
