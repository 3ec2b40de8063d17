import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { controlPlaneImages, ownImages, packAll, workloadImages } from '../images/catalogue.ts';
import type { ToolFolders } from '../images/parts.ts';
import { clusterNameOf, idOf, root } from '../paths.ts';
import { eachPort, forwardsOf, NODE_PORTS } from '../ports.ts';
import type { ClusterProvider } from '../provider.ts';
import type { Ports } from '../settings.ts';
import { clusterTools, tool } from '../toolchain/tools.ts';
import { memoryFolderOf, memoryOf } from './cgroups.ts';
import { importImages } from './containerd.ts';
import {
  continueWithImages,
  findForwards,
  findNode,
  findRemains,
  type NodeSettings,
  removeNode,
  startNode,
  waitForMark,
} from './node.ts';
import { ensurePrerequisites } from './prerequisites.ts';

/**
 * A real Kubernetes without Docker: one process tree in its own namespaces (see init.sh).
 * @param checkout the checkout whose state folder contains the node, and whose path determines names and addresses
 */
export function nativeProvider(checkout: string = root): ClusterProvider {
  const id = idOf(checkout);
  const name = clusterNameOf(checkout);
  const state = join(checkout, '.windlass');
  const folder = join(state, 'node');
  const built: Partial<Record<string, string>> = {};
  return {
    target: 'native',
    flavor: 'native',

    async prepare(progress) {
      await ensurePrerequisites(progress);
      for (const name of clusterTools) {
        progress.note(name);
        built[name] = await tool(name, progress);
      }
      await linkPrograms(built as ToolFolders, join(state, 'bin'));
    },

    async find() {
      const node = findNode(folder);
      if (node) {
        const ports = portsOf(findForwards(folder));
        const isReady = existsSync(join(folder, 'ready'));
        return isReady
          ? { state: 'running', ports }
          : { state: 'down', ports, remedy: 'its start was interrupted and continues' };
      }
      const remains = await findRemains({ folder, name, id });
      if (remains.length === 0) return { state: 'absent' };
      const held = findForwards(folder);
      const cause = remains.includes('process')
        ? 'its folder was deleted, or its start was interrupted'
        : 'the machine was restarted, or its processes were ended';
      const remedy = `a new node replaces it, without the orders of the old one (${cause})`;
      return { state: 'down', remedy, ...(held.length > 0 && { ports: portsOf(held) }) };
    },

    async connect() {
      await mkdir(state, { recursive: true });
      await copyFile(join(folder, 'admin.conf'), join(state, 'kubeconfig'));
      await chmod(join(state, 'kubeconfig'), 0o600);
    },

    async start(ports, progress) {
      const folders = built as ToolFolders;
      const settings = { id, name, folder, bin: folders.kubernetes, forwards: forwardsOf(ports) };
      const [controlPlane, node] = await Promise.all([
        packAll(controlPlaneImages(folders), progress),
        findNode(folder) ?? startNode(settings),
      ]);
      progress.note('images of the control plane');
      await importImages(node, controlPlane);
      await continueWithImages(folder);
      // Meanwhile the control plane starts. It waits more than it computes.
      progress.note('images of the platform and of the services');
      await importImages(node, await packAll({ ...workloadImages(folders), ...ownImages() }, progress));
      progress.note('control plane');
      await waitForMark(folder, 'ready');
      await this.connect();
    },

    async loadOwnImages(progress) {
      const node = findNode(folder);
      if (!node) throw new Error('the cluster is not running');
      const images = await packAll(ownImages(), progress);
      const tagged = images.map((image) => ({
        ...image,
        name: image.name.replace(/:dev$/, `:${image.digest.slice(7, 19)}`),
      }));
      // The names in the manifests as well, for users who apply them with kubectl.
      await importImages(node, [...tagged, ...images]);
      return new Map(images.map(({ name }, index) => [shortName(name), shortName(tagged[index]?.name ?? name)]));
    },

    async remove() {
      await removeNode({ folder, name, id });
      return [];
    },

    async memoryBytes() {
      const folder = await memoryFolderOf(name);
      return folder === undefined ? undefined : memoryOf(folder);
    },
  };
}

/** Links the programs that a user needs, of the cluster's versions, into one folder for the PATH. */
async function linkPrograms({ kubernetes, helm, istio }: ToolFolders, binFolder: string): Promise<void> {
  await mkdir(binFolder, { recursive: true });
  for (const target of [join(kubernetes, 'kubectl'), join(helm, 'helm'), join(istio, 'istioctl')]) {
    const link = join(binFolder, basename(target));
    await rm(link, { force: true });
    await symlink(target, link);
  }
}

function portsOf(forwards: NodeSettings['forwards']): Ports {
  return eachPort((name) => forwards.find(({ nodePort }) => nodePort === NODE_PORTS[name])?.hostPort ?? 0);
}

/** The name that manifests use: without the default registry. */
function shortName(image: string): string {
  return image.replace('docker.io/', '');
}
