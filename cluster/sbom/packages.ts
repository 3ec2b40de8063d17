import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../paths.ts';
import { run } from '../run.ts';
import { JAR_LOCK, parseJarLock } from '../toolchain/jars.ts';

/** A package as a lock file pins it. */
export interface Package {
  /** Its package URL, such as `pkg:npm/express@5.3.0`, which is unique. */
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  /** In hexadecimal digits. Absent if the lock has several for several platforms, or one of another kind. */
  readonly hash?: { readonly algorithm: 'SHA-256' | 'SHA-512'; readonly value: string };
  readonly license?: string;
  /** The purls of what it needs. Absent if the lock does not say. */
  readonly needs?: readonly string[];
  /** Whether only other packages need it. Default: false. */
  readonly isIndirect?: boolean;
}

/** The package URL of a package. `path` is its group and name; slashes stay. */
export function purlOf(type: string, path: string, version: string): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':');
  return `pkg:${type}/${path.split('/').map(encode).join('/')}@${encode(version)}`;
}

interface LockedPackage {
  readonly version: string;
  readonly name?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The npm packages of the lockfile; its root package has the path ''.
 * @param isIncluded which of them; the packages that one needs are then of the same choice
 */
export async function npmPackages(
  isIncluded: (entry: { readonly dev?: boolean; readonly optional?: boolean }) => boolean = () => true,
): Promise<readonly Package[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const entries = new Map(Object.entries(packages).filter(([path, entry]) => path !== '' && isIncluded(entry)));
  const nameOf = (path: string, { name }: LockedPackage) => name ?? path.replace(/^.*node_modules\//, '');
  const purl = (path: string, entry: LockedPackage) => purlOf('npm', nameOf(path, entry), entry.version);
  /** The path at which Node finds a package that `from` imports. */
  const find = (from: string, name: string): string | undefined => {
    const path = join(from, 'node_modules', name);
    if (entries.has(path)) return path;
    return from === '' ? undefined : find(from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
  };
  const { dependencies, devDependencies, optionalDependencies } = packages[''] ?? {};
  const stated = new Set(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }));
  return [...entries].map(([path, entry]) => ({
    isIndirect: !stated.has(path.replace(/^node_modules\//, '')),
    purl: purl(path, entry),
    name: nameOf(path, entry),
    version: entry.version,
    ...(entry.integrity && { hash: hashOf(entry.integrity) }),
    ...(entry.license && { license: entry.license }),
    needs: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }).flatMap((name) => {
      const found = find(path, name);
      return found === undefined ? [] : [purl(found, entries.get(found) as LockedPackage)];
    }),
  }));
}

/** The hash in npm's `integrity`, such as `sha512-…` in base64. */
function hashOf(integrity: string): NonNullable<Package['hash']> {
  const value = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return { algorithm: 'SHA-512', value };
}

interface GoMod {
  readonly Require: readonly { readonly Path: string; readonly Version: string }[] | null;
  readonly Replace:
    | readonly {
        readonly Old: { readonly Path: string; readonly Version?: string };
        readonly New: { readonly Path: string; readonly Version?: string };
      }[]
    | null;
}

/** The modules of a go.mod, after its replacements. Go checks them by go.sum, whose hashes are of file lists. */
async function goModules(goMod: string): Promise<readonly Package[]> {
  const env = { GOTOOLCHAIN: 'local', GOFLAGS: '' };
  const { stdout } = await run('go', ['mod', 'edit', '-json', goMod], { what: `reading of ${goMod}`, cwd: '/', env });
  const { Require, Replace } = JSON.parse(stdout) as GoMod;
  return (Require ?? []).map(({ Path, Version }) => {
    const replaced = Replace?.find(({ Old }) => Old.Path === Path && (Old.Version ?? Version) === Version)?.New;
    const [name, version] = [replaced?.Path ?? Path, replaced?.Version ?? Version];
    return { purl: purlOf('golang', name, version), name, version };
  });
}

/** The jars of a lock that `npm run lock:jars` wrote. */
function jars(lock: string): readonly Package[] {
  return Object.entries(parseJarLock(lock)).map(([path, value]) => {
    const [version = '', artifact = ''] = dirname(path).split('/').reverse();
    const group = dirname(dirname(dirname(path))).replaceAll('/', '.');
    const hash = { algorithm: 'SHA-256', value } as const;
    return { purl: purlOf('maven', `${group}/${artifact}`, version), name: `${group}:${artifact}`, version, hash };
  });
}

/** The packages of a requirements.txt with hashes. */
export function wheels(requirements: string): readonly Package[] {
  const lines = requirements.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line) => {
    const [, name = '', version = ''] = line.match(/^([\w.-]+)==(\S+)/) ?? [];
    if (name === '') return [];
    const [value, ...others] = [...line.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, hash = '']) => hash);
    const isOnly = value !== undefined && others.length === 0;
    const purl = purlOf('pypi', name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version);
    return [{ purl, name, version, ...(isOnly && { hash: { algorithm: 'SHA-256', value } as const }) }];
  });
}

/** The packages of each tool of the toolchain, by the tool's name. */
export async function toolchainPackages(): Promise<ReadonlyMap<string, readonly Package[]>> {
  const folder = join(root, 'cluster/toolchain');
  const locks = globSync(`*/{go.mod,${JAR_LOCK},requirements.txt}`, { cwd: folder }).sort();
  const read = async (lock: string): Promise<readonly Package[]> => {
    const file = join(folder, lock);
    if (lock.endsWith('go.mod')) return goModules(file);
    return (lock.endsWith(JAR_LOCK) ? jars : wheels)(await readFile(file, 'utf8'));
  };
  return new Map(await Promise.all(locks.map(async (lock) => [dirname(lock), await read(lock)] as const)));
}

/** The Debian packages that `dpkg-query` lists, one `package version architecture` a line, of a release of Debian. */
export function debianPackages(listing: string, release: string): readonly Package[] {
  return listing.split('\n').flatMap((line) => {
    const [name, version, architecture] = line.trim().split(/\s+/);
    if (!name || !version || !architecture) return [];
    return [
      {
        purl: `${purlOf('deb', `debian/${name}`, version)}?arch=${architecture}&distro=debian-${release}`,
        name,
        version,
      },
    ];
  });
}
