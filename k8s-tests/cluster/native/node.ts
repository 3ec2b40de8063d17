import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandError, run } from '../run.ts';
import { type Cable, chooseCable } from './addresses.ts';
import { removeCgroups } from './cgroups.ts';
import {
  addonsYaml,
  cniConflist,
  containerdToml,
  kubeadmYaml,
  noRegistryToml,
  staticPodPatches,
} from './configuration.ts';
import { childrenOf, end, identify, isAlive, type OwnProcess, recall, remember } from './process.ts';

/** Where a node lives on the host, and what it is called. */
export interface NodeSettings {
  /** Hexadecimal, from the checkout's path: tells nodes of several checkouts apart. */
  readonly id: string;
  /** `windlass-<id>`: node, cluster and cgroup. */
  readonly name: string;
  /** Its state on the host, a folder that only this node uses. */
  readonly folder: string;
  /** The Kubernetes binaries. */
  readonly bin: string;
  /** Loopback ports of the host that lead to node ports. */
  readonly forwards: readonly { readonly hostPort: number; readonly nodePort: number }[];
}

/** A running node: `unshare` outside, its PID 1 as seen from the host inside. */
export interface Node {
  readonly outer: OwnProcess;
  readonly init: OwnProcess;
}

const pidFile = (folder: string) => join(folder, 'pid.json');
const cableFile = (folder: string) => join(folder, 'cable.json');

/** The node of this folder if it is alive and came as far as a containerd that answers. */
export async function findNode(folder: string): Promise<Node | undefined> {
  return existsSync(join(folder, 'containerd-ready')) ? findProcesses(folder) : undefined;
}

async function findProcesses(folder: string): Promise<Node | undefined> {
  const outer = await recall(pidFile(folder));
  if (!outer || !isAlive(outer)) return undefined;
  const init = childrenOf(outer.pid).map(identify).find(Boolean);
  return init && { outer, init };
}

/** Starts a fresh node; what an earlier one left in the folder is removed first. Resolves when its containerd answers. */
export async function startNode(settings: NodeSettings): Promise<Node> {
  const { folder, name } = settings;
  await removeNode(settings);
  await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const cable = chooseCable(settings.id);
  await writeFile(join(folder, 'kubeadm.yaml'), kubeadmYaml({ name, ip: cable.nodeIp }));
  await mkdir(join(folder, 'patches'));
  for (const [file, patch] of Object.entries(staticPodPatches)) await writeFile(join(folder, 'patches', file), patch);
  await writeFile(join(folder, 'containerd.toml'), containerdToml());
  await mkdir(join(folder, 'registries', '_default'), { recursive: true });
  await writeFile(join(folder, 'registries', '_default', 'hosts.toml'), noRegistryToml);
  await writeFile(join(folder, 'cni.conflist'), cniConflist());
  await writeFile(join(folder, 'addons.yaml'), addonsYaml());
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await writeFile(cableFile(folder), JSON.stringify(cable));
  await cp(fileURLToPath(new URL('init.sh', import.meta.url)), join(folder, 'init.sh'));

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
  const child = spawn('unshare', [...namespaces, '--kill-child=SIGKILL', 'bash', join(folder, 'init.sh')], {
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
      BIN: settings.bin,
      FORWARDS: settings.forwards.map(({ hostPort, nodePort }) => `${hostPort}:${nodePort}`).join(' '),
    },
  });
  child.unref();
  const outer = child.pid === undefined ? undefined : identify(child.pid);
  if (!outer) throw new CommandError(`unshare did not start; see ${join(folder, 'logs', 'node.log')}`);
  remember(pidFile(folder), outer); // at once: whoever interrupts us later must find it
  const node = await waitFor(folder, () => findProcesses(folder));
  await plug(cable, node);
  await waitForMark(folder, 'containerd-ready');
  return node;
}

/** Lets a node that waits for its images go on to its control plane. */
export async function continueWithImages(folder: string): Promise<void> {
  await writeFile(join(folder, 'images-loaded'), '');
}

/** Resolves when the node has written this mark; rejects with the node's last words when it ended instead. */
export async function waitForMark(folder: string, mark: 'containerd-ready' | 'ready'): Promise<void> {
  await waitFor(folder, async () => existsSync(join(folder, mark)) || undefined);
}

/** Ends a node with everything in it and removes what the kernel does not: cgroups, and its folder. */
export async function removeNode({ folder, name }: Pick<NodeSettings, 'folder' | 'name'>): Promise<void> {
  const outer = await recall(pidFile(folder));
  // Its child, the node's PID 1, dies with it, and all others with that.
  if (outer) await end(outer);
  const cable = await readFile(cableFile(folder), 'utf8').catch(() => undefined);
  if (cable) await run('ip', ['link', 'delete', (JSON.parse(cable) as Cable).hostEnd], { tolerant: true });
  await removeCgroups(name);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function plug(cable: Cable, node: Node): Promise<void> {
  await run('ip', ['link', 'add', cable.hostEnd, 'type', 'veth', 'peer', 'name', cable.nodeEnd]);
  await run('ip', ['addr', 'add', `${cable.hostIp}/30`, 'dev', cable.hostEnd]);
  await run('ip', ['link', 'set', cable.hostEnd, 'up']);
  await run('ip', ['link', 'set', cable.nodeEnd, 'netns', String(node.init.pid)]);
}

async function waitFor<T>(folder: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    const outer = await recall(pidFile(folder));
    if (outer && !isAlive(outer)) break;
    await sleep(50);
  }
  const log = await readFile(join(folder, 'logs', 'node.log'), 'utf8').catch(() => '');
  throw new CommandError(
    `the node did not come up; its log ends with:\n  ${log.trimEnd().split('\n').slice(-12).join('\n  ')}`,
  );
}
