import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packLayer } from '../images/layer.ts';
import { pollUntil } from '../poll.ts';
import { CommandError, run } from '../run.ts';
import { type Cable, chooseCable, hostEndOf } from './addresses.ts';
import { foldersOf, removeCgroups } from './cgroups.ts';
import { addonsYaml, cniConflist, containerdToml, kubeadmYaml, noRegistryToml } from './configuration.ts';
import { nodeRoot } from './node-root.ts';
import { childrenOf, end, environmentOf, findByCommand, identify, type OwnProcess } from './process.ts';

/** A node's place on the host, and its names. */
export interface NodeSettings {
  /** Hexadecimal, derived from the checkout's path. Distinguishes the nodes of several checkouts. */
  readonly id: string;
  /** `windlass-<id>`, the name of node, cluster and cgroup. */
  readonly name: string;
  /** The node's state on the host, in a folder that only this node uses. */
  readonly folder: string;
  /** The folder with the Kubernetes binaries. */
  readonly bin: string;
  /** Loopback ports of the host that lead to node ports. */
  readonly forwards: readonly { readonly hostPort: number; readonly nodePort: number }[];
}

/** A running node: `unshare` on the host, and the node's PID 1 as the host sees it. */
export interface Node {
  readonly outer: OwnProcess;
  readonly init: OwnProcess;
}

const UNSHARE = 'unshare';
const initScript = (folder: string) => join(folder, 'init.sh');

/** The node of this folder, if it runs and its containerd has answered once; else undefined. */
export function findNode(folder: string): Node | undefined {
  return existsSync(join(folder, 'containerd-ready')) ? findProcesses(folder) : undefined;
}

/** Finds the node's processes by their command line, which works even after the folder was deleted. */
function findProcesses(folder: string): Node | undefined {
  const outer = findOuter(folder);
  const init = outer && childrenOf(outer.pid).map(identify).find(Boolean);
  return init && { outer, init };
}

function findOuter(folder: string): OwnProcess | undefined {
  return findByCommand(UNSHARE, initScript(folder))[0];
}

/** The node's ports on the host, from the environment that it was started with; none if it does not run. */
export function findForwards(folder: string): NodeSettings['forwards'] {
  const outer = findOuter(folder);
  const { FORWARDS = '' } = outer ? environmentOf(outer) : {};
  return FORWARDS.split(' ')
    .filter(Boolean)
    .map((forward) => {
      const [hostPort = 0, nodePort = 0] = forward.split(':').map(Number);
      return { hostPort, nodePort };
    });
}

/** The remains of a node that does not run: `process`, `folder`, `cgroup`, `interface`. */
export async function findRemains({
  folder,
  name,
  id,
}: Pick<NodeSettings, 'folder' | 'name' | 'id'>): Promise<string[]> {
  const remains = {
    process: findOuter(folder) !== undefined,
    folder: existsSync(folder),
    cgroup: (await foldersOf(name)).length > 0,
    // Even one without an address, which an interrupted start leaves behind.
    interface: existsSync(join('/sys/class/net', hostEndOf(id))),
  };
  return Object.entries(remains).flatMap(([what, isThere]) => (isThere ? what : []));
}

/** Starts a new node after removing the remains of an earlier one. Resolves when the new node's containerd answers. */
export async function startNode(settings: NodeSettings): Promise<Node> {
  const { folder, name } = settings;
  await removeNode(settings);
  await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const cable = chooseCable(settings.id);
  await writeFile(join(folder, 'kubeadm.yaml'), kubeadmYaml({ name, ip: cable.nodeIp }));
  const cpuRequests = fileURLToPath(new URL('../cpu-requests', import.meta.url));
  await cp(join(cpuRequests, 'static-pods'), join(folder, 'patches'), { recursive: true });
  await cp(join(cpuRequests, 'coredns.yaml'), join(folder, 'coredns.yaml'));
  await writeFile(join(folder, 'containerd.toml'), containerdToml());
  await mkdir(join(folder, 'registries', '_default'), { recursive: true });
  await writeFile(join(folder, 'registries', '_default', 'hosts.toml'), noRegistryToml);
  await writeFile(join(folder, 'cni.conflist'), cniConflist());
  await writeFile(join(folder, 'addons.yaml'), addonsYaml());
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  for (const script of ['init.sh', 'node.sh'])
    await cp(fileURLToPath(new URL(script, import.meta.url)), join(folder, script));
  const { file } = await packLayer(await nodeRoot(settings.bin));
  await mkdir(join(folder, 'root'));
  await run('tar', ['--extract', '--file', file, '--directory', join(folder, 'root')], { what: "the node's root" });

  const log = openSync(join(folder, 'logs', 'node.log'), 'a');
  const hostNetwork = openSync('/proc/self/ns/net', 'r');
  const namespaces = [
    '--mount',
    '--net',
    '--pid',
    '--uts',
    '--ipc',
    '--fork',
    '--mount-proc',
    '--propagation',
    'private',
  ];
  const child = spawn(UNSHARE, [...namespaces, '--kill-child=SIGKILL', 'bash', initScript(folder)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log, ...Array<'ignore'>(6).fill('ignore'), hostNetwork],
    env: {
      PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      NODE_DIR: folder,
      NODE_NAME: name,
      NODE_IP: cable.nodeIp,
      HOST_IP: cable.hostIp,
      VETH: cable.nodeEnd,
      FORWARDS: settings.forwards.map(({ hostPort, nodePort }) => `${hostPort}:${nodePort}`).join(' '),
    },
  });
  child.unref();
  if (child.pid === undefined) throw new CommandError(`unshare did not start; see ${join(folder, 'logs', 'node.log')}`);
  const node = await waitFor(folder, () => findProcesses(folder));
  await plug(cable, node);
  await waitForMark(folder, 'containerd-ready');
  return node;
}

/** Tells a node that waits for its images to start the control plane. */
export async function continueWithImages(folder: string): Promise<void> {
  await writeFile(join(folder, 'images-loaded'), '');
}

/**
 * Waits until the node has written this mark.
 * @throws CommandError with the end of the node's log if the node ended instead
 */
export async function waitForMark(folder: string, mark: 'containerd-ready' | 'ready'): Promise<void> {
  await waitFor(folder, () => existsSync(join(folder, mark)) || undefined);
}

/** Ends a node with everything in it, and removes what the kernel does not remove: cgroups, and the node's folder. */
export async function removeNode({ folder, name, id }: Pick<NodeSettings, 'folder' | 'name' | 'id'>): Promise<void> {
  const outer = findOuter(folder);
  // The node's PID 1 is its child and dies with it, and all other processes of the node die with PID 1.
  if (outer) await end(outer);
  await run('ip', ['link', 'delete', hostEndOf(id)], { tolerant: true });
  await removeCgroups(name);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function plug(cable: Cable, node: Node): Promise<void> {
  await run('ip', ['link', 'add', cable.hostEnd, 'type', 'veth', 'peer', 'name', cable.nodeEnd]);
  await run('ip', ['addr', 'add', `${cable.hostIp}/30`, 'dev', cable.hostEnd]);
  await run('ip', ['link', 'set', cable.hostEnd, 'up']);
  await run('ip', ['link', 'set', cable.nodeEnd, 'netns', String(node.init.pid)]);
}

/** Waits for something that a starting node brings. Fails at once if the node has ended. */
function waitFor<T>(folder: string, look: () => T | undefined): Promise<T> {
  const attempt = () => {
    const found = look();
    if (found === undefined) throw new Error('not there yet');
    return found;
  };
  const failure = async () => {
    const log = await readFile(join(folder, 'logs', 'node.log'), 'utf8').catch(() => '');
    return `the node did not come up; its log ends with:\n  ${log.trimEnd().split('\n').slice(-12).join('\n  ')}`;
  };
  const isHopeless = () => findOuter(folder) === undefined;
  return pollUntil(attempt, { timeoutMs: 180_000, intervalMs: 50, failure, isHopeless });
}
