import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldersOf } from '../../cluster/native/cgroups.ts';
import { nativeProvider } from '../../cluster/native/native.ts';
import { childrenOf, findByCommand, pids, readProc } from '../../cluster/native/process.ts';
import { clusterNameOf } from '../../cluster/paths.ts';
import { choosePorts } from '../../cluster/ports.ts';
import { silent } from '../../cluster/progress.ts';
import type { ClusterProvider } from '../../cluster/provider.ts';
import { run } from '../../cluster/run.ts';
import { type Ports, readSettings } from '../../cluster/settings.ts';
import { recallState } from '../../cluster/state.ts';
import { eventually } from '../harness/eventually.ts';

/** A second checkout beside the one whose cluster the other tests use. It has its own node, without our platform. */
let checkout = '';
let before: Traces;
const unset = readSettings({});
/** On kind, the programs of a native node are not installed. */
const isNative = (await recallState())?.target === 'native';

/** The traces that a cluster could leave on the machine, without those in the namespaces of other clusters. */
interface Traces {
  readonly processes: string[];
  readonly mounts: string[];
  readonly links: string[];
  readonly addresses: string[];
  readonly firewall: string[];
  readonly sysctls: string[];
}

async function takeStock(): Promise<Traces> {
  const lines = async (file: string, ...args: string[]) =>
    (await run(file, args, { tolerant: true })).stdout.split('\n').sort();
  return {
    processes: processesHere(),
    mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n').sort(),
    links: Object.keys(networkInterfaces()).sort(),
    addresses: (await lines('ip', '-o', 'addr')).map((line) => line.replace(/ valid_lft.*/, '')),
    firewall: (await lines('iptables-save'))
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/ \[\d+:\d+\]/, '')),
    sysctls: ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'].map((key) => {
      return `${key}=${readFileSync(`/proc/sys/${key}`, 'utf8')}`;
    }),
  };
}

/** The programs of nodes (unshare, socat, containerd, …) that run in the host's own PID namespace. */
function processesHere(): string[] {
  const own = readlinkSync('/proc/self/ns/pid');
  return pids()
    .filter((pid) => pidNamespaceOf(pid) === own)
    .map((pid) => readProc(pid, 'cmdline').split('\0')[0] ?? '')
    .filter((program) => /unshare|socat|containerd|kubelet|nsenter/.test(program))
    .sort();
}

/** Undefined if the process has ended meanwhile. */
function pidNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

const nodeName = () => clusterNameOf(checkout);
const logOf = (name: string) => readFileSync(join(checkout, '.windlass', 'node', 'logs', name), 'utf8');
const kubectl = (...args: string[]) =>
  run(join(checkout, '.windlass', 'bin', 'kubectl'), args, {
    env: { KUBECONFIG: join(checkout, '.windlass', 'kubeconfig') },
  });

/** Starts the node in a separate process and interrupts that process as Ctrl-C would. */
async function interruptStart(afterMs: number, ports: Ports): Promise<void> {
  const native = join(import.meta.dirname, '../../cluster/native/native.ts');
  const script = `
    const { nativeProvider } = await import(${JSON.stringify(native)});
    process.once('SIGINT', () => process.exit(130));
    const provider = nativeProvider(${JSON.stringify(checkout)});
    const progress = { step: (_, work) => work(), part: (_, work) => work(), note: () => {} };
    await provider.prepare(progress);
    console.log('starting');
    await provider.start(${JSON.stringify(ports)}, progress);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await sleep(afterMs);
  child.kill('SIGINT');
  await once(child, 'close');
}

describe.skipIf(!isNative)('a native cluster', () => {
  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'windlass-second-'));
    await mkdir(join(checkout, '.windlass'));
    before = await takeStock();
  });
  afterAll(async () => {
    await nativeProvider(checkout).remove();
    await rm(checkout, { recursive: true, force: true });
  });

  it('comes up beside another one, even after earlier starts of it were interrupted', async () => {
    const ports = await choosePorts(unset);
    for (const afterMs of [30, 1_500]) await interruptStart(afterMs, ports);
    const provider = nativeProvider(checkout);
    await start(provider, ports);
    expect(await provider.find(), 'its own ports').toEqual({ state: 'running', ports });
    expect((await kubectl('get', '--raw', '/readyz')).stdout).toBe('ok');
    expect((await kubectl('get', 'nodes', '-o', 'name')).stdout.trim()).toBe(`node/${nodeName()}`);
  });

  it('lets only its owner read its kubeconfig, and no other machine reach its API server', async () => {
    const { mode } = await stat(join(checkout, '.windlass', 'kubeconfig'));
    expect(mode & 0o777).toBe(0o600);
    const { stdout } = await run('ss', ['-Hltn']);
    const open = stdout
      .split('\n')
      .map((line) => line.split(/\s+/)[3] ?? '')
      .filter((address) => /:(6443|10250|2379)$/.test(address));
    expect(open).toEqual([]);
  });

  it('accepts packets through its cable only from this host', async () => {
    const { stdout } = await run('nsenter', ['--target', initPid(), '--net', 'iptables-save', '-t', 'filter']);
    expect(stdout).toMatch(/-A INPUT ! -s 10\.98\.\d+\.\d+\/32 -i eth0 -j DROP/);
    expect(stdout).toMatch(/-A FORWARD ! -s 10\.98\.\d+\.\d+\/32 -i eth0 -j DROP/);
  });

  it('restarts a component that has died', async () => {
    const { stdout } = await inNode('busybox', 'pidof', 'containerd');
    await inNode('busybox', 'kill', '-KILL', stdout.trim());
    await eventually(() => {
      expect(logOf('node.log')).toContain('containerd ended (137), restarting');
      return Promise.resolve();
    });
    await eventually(async () => {
      expect((await inNode('ctr', 'version')).stdout).toContain('Server:');
    });
  });

  it('does not change with a second start', async () => {
    const init = initPid();
    await start(nativeProvider(checkout), await choosePorts(unset));
    expect(initPid()).toBe(init);
  });

  it('is replaced, and says why, after its processes were killed as by a reboot', async () => {
    process.kill(unsharePid(), 'SIGKILL');
    const provider = nativeProvider(checkout);
    await eventually(async () => {
      expect(await provider.find()).toMatchObject({
        state: 'down',
        remedy: expect.stringContaining('a new node replaces it'),
      });
    });
    const ports = await choosePorts(unset);
    await start(provider, ports);
    expect(await provider.find()).toEqual({ state: 'running', ports });
  });

  it('leaves nothing when it is removed: no process, mount, interface, firewall rule, sysctl or cgroup', async () => {
    const provider = nativeProvider(checkout);
    const { stdout } = await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}');
    expect(await answers(stdout, 6443)).toBe(true);
    expect((await foldersOf(nodeName())).length).toBeGreaterThan(0);
    await provider.remove();
    expect(await takeStock()).toEqual(before);
    expect(await foldersOf(nodeName())).toEqual([]);
    expect(pids().filter((pid) => readProc(pid, 'cgroup').includes(nodeName()))).toEqual([]);
    expect(existsSync(join(checkout, '.windlass', 'node'))).toBe(false);
    expect(await provider.find()).toEqual({ state: 'absent' });
  });

  it('is found and removed completely even after its folder was deleted', async () => {
    const provider = nativeProvider(checkout);
    await start(provider, await choosePorts(unset));
    // Processes of the running cluster still write into the folder.
    await rm(join(checkout, '.windlass'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    expect(await provider.find()).toMatchObject({
      state: 'down',
      remedy: expect.stringContaining('its folder was deleted'),
    });
    await provider.remove();
    expect(await takeStock()).toEqual(before);
    expect(await provider.find()).toEqual({ state: 'absent' });
  });
});

async function start(provider: ClusterProvider, ports: Ports): Promise<void> {
  await provider.prepare(silent);
  await provider.start(ports, silent);
}

/** Runs a program in the node's mount and PID namespaces. */
function inNode(...program: string[]) {
  return run('nsenter', ['--target', initPid(), '--mount', '--pid', ...program]);
}

function unsharePid(): number {
  const [node] = findByCommand('unshare', join(checkout, '.windlass', 'node', 'init.sh'));
  if (!node) throw new Error('the node is not running');
  return node.pid;
}

function initPid(): string {
  return childrenOf(unsharePid()).join(' ');
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 2_000 });
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'timeout').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return outcome;
}
