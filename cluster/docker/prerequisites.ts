import { run } from '../run.ts';
import { UserError } from '../settings.ts';
import { versions } from '../versions.ts';
import { dockerSilence } from './docker.ts';

interface Program {
  /** The arguments that print the version. */
  readonly arguments: readonly string[];
  /** The oldest version that works, as [major, minor]. Default: any. */
  readonly oldest?: readonly [number, number];
  /** The command that installs it on Linux. On macOS, Homebrew has every program under its name. */
  readonly install: string;
}

/** The command that downloads a program to /tmp and installs it from there. */
const download = (name: string, url: string) =>
  `curl -fLo /tmp/${name} ${url} && sudo install /tmp/${name} /usr/local/bin`;

/** The programs that make and use a cluster on kind, or use an existing one. */
const programs = {
  docker: { arguments: ['--version'], install: 'curl -fsSL https://get.docker.com | sh' },
  kind: {
    arguments: ['version'],
    oldest: [0, 33],
    install: download('kind', `https://kind.sigs.k8s.io/dl/v${versions.kind}/kind-linux-amd64`),
  },
  kubectl: {
    arguments: ['version', '--client'],
    install: download('kubectl', `https://dl.k8s.io/release/v${versions.kindNode}/bin/linux/amd64/kubectl`),
  },
  helm: {
    arguments: ['version', '--short'],
    oldest: [3, 8],
    install: 'curl -fsSL https://raw.githubusercontent.com/helm/helm/main/scripts/get-helm-3 | bash',
  },
  skaffold: {
    arguments: ['version'],
    oldest: [2, 15],
    install: download(
      'skaffold',
      `https://storage.googleapis.com/skaffold/releases/v${versions.skaffold}/skaffold-linux-amd64`,
    ),
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/**
 * Checks that programs are there and new enough, and that Docker answers if it is one of them.
 * @throws UserError that names each program that is missing or too old, with the command that installs it
 */
export async function ensurePrograms(names: readonly ProgramName[], what: string): Promise<void> {
  const found = await Promise.all(names.map(async (name) => findFault(name, await versionOf(name))));
  const faults = found.filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new UserError(`${what} needs programs that are missing or too old:\n  ${faults.join('\n  ')}`);
  const silence = names.includes('docker') ? await dockerSilence() : '';
  if (silence)
    throw new UserError(
      `${what} needs a Docker daemon that answers. Start it (sudo systemctl start docker, or Docker Desktop). ` +
        `Docker says: ${silence}`,
    );
}

/** What is wrong with a program that printed this as its version, and how to fix it; undefined if nothing is. */
export function findFault(
  name: ProgramName,
  printed: string | undefined,
  platform = process.platform,
): string | undefined {
  const { oldest, install }: Program = programs[name];
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const command =
    platform === 'darwin'
      ? `brew install ${name === 'docker' ? '--cask docker' : name}`
      : install.replaceAll('amd64', architecture);
  if (printed === undefined) return `${name} is missing: ${command}`;
  if (!oldest) return undefined;
  const [version = printed.trim(), major, minor] = printed.match(/(\d+)\.(\d+)(\.\d+)?/) ?? [];
  const isOld = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  return isOld ? `${name} ${version} is too old, ${oldest.join('.')} or newer is needed: ${command}` : undefined;
}

async function versionOf(name: ProgramName): Promise<string | undefined> {
  const answer = await run(name, programs[name].arguments, { tolerant: true }).catch(() => undefined);
  return answer?.exitCode === 0 ? answer.stdout : undefined;
}
