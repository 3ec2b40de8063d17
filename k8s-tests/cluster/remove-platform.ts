import { kubectl } from './kubernetes-tools.ts';
import { removeNamespaces } from './namespaces.ts';
import { uninstallReleases } from './releases.ts';

/** What an operator or istiod has to take leave of, while it is still there. */
const MANAGED = ['kafkatopics', 'kafkausers', 'kafkas', 'kafkanodepools'].map((kind) => `${kind}.kafka.strimzi.io`);

/** Takes everything of ours out of a cluster that stays: the application, the releases, the namespaces. CRDs stay. */
export async function removePlatform(): Promise<void> {
  for (const kind of MANAGED)
    await kubectl(['-n', 'shop', 'delete', kind, '--all', '--timeout=120s'], { tolerant: true });
  await uninstallReleases();
  await removeNamespaces();
}
