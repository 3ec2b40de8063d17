import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Cluster } from '../cluster.ts';
import { clusterNameOf, kubeconfig, root, stateFolder } from '../paths.ts';
import { run } from '../run.ts';
import { type Ports, UserError } from '../settings.ts';

const name = clusterNameOf(root);
const IMAGE = 'windlass/services';

interface KindConfig {
  nodes: { extraPortMappings: { containerPort: number; hostPort: number }[] }[];
}

/** Whether kind can run here: its binary and a Docker daemon that answers. */
export async function isKindUsable(): Promise<boolean> {
  const answers = [run('kind', ['version'], { tolerant: true }), run('docker', ['info'], { tolerant: true })];
  return (await Promise.allSettled(answers)).every(
    (answer) => answer.status === 'fulfilled' && answer.value.exitCode === 0,
  );
}

/** kind's configuration with the host ports of this checkout. */
export async function kindConfig(ports: Ports): Promise<string> {
  const config = parse(await readFile(new URL('kind.yaml', import.meta.url), 'utf8')) as KindConfig;
  const hostPorts: Record<number, number> = { 30080: ports.ingress, 30686: ports.jaeger };
  for (const mapping of config.nodes[0]?.extraPortMappings ?? [])
    mapping.hostPort = hostPorts[mapping.containerPort] ?? mapping.hostPort;
  return stringify(config);
}

/** kind: Kubernetes in a Docker container; charts and images come from their public places. */
export function kindCluster(): Cluster {
  const isRunning = async () =>
    (await isKindUsable()) && (await run('kind', ['get', 'clusters'])).stdout.split('\n').includes(name);
  return {
    target: 'kind',
    flavour: 'kind',

    async prepare() {
      if (!(await isKindUsable()))
        throw new UserError('CLUSTER=kind needs kind and a Docker daemon that answers; without Docker: CLUSTER=native');
    },

    async start(ports, progress) {
      await mkdir(stateFolder, { recursive: true });
      if (!(await isRunning())) {
        const args = [
          'create',
          'cluster',
          '--name',
          name,
          '--config',
          '-',
          '--kubeconfig',
          kubeconfig,
          '--wait',
          '120s',
        ];
        await run('kind', args, {
          input: await kindConfig(ports),
          what: 'creation of the kind cluster',
          onLine: progress.note,
        });
      }
      await run('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfig]);
      await chmod(kubeconfig, 0o600);
    },

    async loadOwnImages() {
      await run('docker', ['build', '-q', '-t', `${IMAGE}:dev`, '-f', join(root, 'services/Dockerfile'), root], {
        what: 'docker build',
      });
      const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', `${IMAGE}:dev`]);
      const tagged = `${IMAGE}:${stdout.trim().replace('sha256:', '').slice(0, 12)}`;
      await run('docker', ['tag', `${IMAGE}:dev`, tagged]);
      await run('kind', ['load', 'docker-image', tagged, '--name', name], { what: 'kind load' });
      return new Map([[`${IMAGE}:dev`, tagged]]);
    },

    isRunning,

    async remove() {
      if (await isRunning()) await run('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]);
    },

    async memoryBytes() {
      const { stdout } = await run('docker', [
        'stats',
        '--no-stream',
        '--format',
        '{{.MemUsage}}',
        `${name}-control-plane`,
      ]);
      const [, amount = '0', unit = 'B'] = stdout.match(/^([\d.]+)(\w+)/) ?? [];
      const factors: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
      return Number(amount) * (factors[unit] ?? 1);
    },
  };
}
