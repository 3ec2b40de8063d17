import { run } from '../run.ts';
import { UserError } from '../settings.ts';
import { dockerSilence } from './docker.ts';

interface Program {
  /** Prints the version. */
  readonly arguments: readonly string[];
  /** The oldest one that works, as [major, minor]. */
  readonly oldest?: readonly [number, number];
  /** The command that installs it on Linux; on macOS Homebrew has all of them under their names. */
  readonly install: string;
}

const local = 'sudo install /tmp';

/** What a cluster on kind is made and used with. */
const programs = {
  docker: { arguments: ['--version'], install: 'curl -fsSL https://get.docker.com | sh' },
  kind: {
    arguments: ['version'],
    oldest: [0, 33],
    install: `curl -fLo /tmp/kind https://kind.sigs.k8s.io/dl/v0.33.0/kind-linux-amd64 && ${local}/kind /usr/local/bin`,
  },
  kubectl: {
    arguments: ['version', '--client'],
    install: `curl -fLo /tmp/kubectl https://dl.k8s.io/release/v1.36.4/bin/linux/amd64/kubectl && ${local}/kubectl /usr/local/bin`,
  },
  helm: {
    arguments: ['version', '--short'],
    oldest: [3, 8],
    install: 'curl -fsSL https://raw.githubusercontent.com/helm/helm/main/scripts/get-helm-3 | bash',
  },
  skaffold: {
    arguments: ['version'],
    oldest: [2, 15],
    install: `curl -fLo /tmp/skaffold https://storage.googleapis.com/skaffold/releases/v2.24.0/skaffold-linux-amd64 && ${local}/skaffold /usr/local/bin`,
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/**
 * Checks programs, and that Docker answers where it is among them.
 * @throws UserError that names everything that is missing or too old, each with the command that installs it
 */
export async function ensurePrograms(names: readonly ProgramName[], what: string): Promise<void> {
  const found = await Promise.all(names.map(async (name) => findFault(name, await versionOf(name))));
  const faults = found.filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new UserError(`${what} needs programs that are missing or too old:\n  ${faults.join('\n  ')}`);
  const silence = names.includes('docker') ? await dockerSilence() : '';
  if (silence)
    throw new UserError(
      `${what} needs a Docker daemon that answers: start it (sudo systemctl start docker, or Docker Desktop). Docker says: ${silence}`,
    );
}

/** What is wrong with a program that printed this as its version, and how to mend it; undefined where nothing is. */
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
