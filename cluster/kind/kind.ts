import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Container,
  docker,
  ensureImage,
  inspectContainer,
  isDockerAnswering,
  reasonOf,
} from '../docker/docker.ts';
import { buildOwnImage, DEV_IMAGE } from '../docker/own-image.ts';
import { ensurePrograms } from '../docker/prerequisites.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, kubeconfig, root, stateFolder } from '../paths.ts';
import { checkFree, eachPort, NODE_PORTS } from '../ports.ts';
import type { Progress } from '../progress.ts';
import type { ClusterProvider, Found } from '../provider.ts';
import { CommandError, run } from '../run.ts';
import { PORT_VARIABLES, type Ports, portNames, type Settings, UserError } from '../settings.ts';
import { cpuRequests, kindConfig, nodeImageOf, STATIC_PODS } from './config.ts';
import { fullName, pullIntoNode } from './pull.ts';
import { waitUntilRestarted } from './restarted.ts';

/** The name of the cluster, and of its own Docker network, which is removed with it. */
const name = clusterNameOf(root);
const node = `${name}-control-plane`;

/** A file in the node that marks a complete cluster. If `kind create cluster` was killed, the node lacks it. */
const COMPLETE = '/kind/windlass-complete';

/** Whether kind can run here: its binary exists and a Docker daemon answers. */
export async function isKindUsable(): Promise<boolean> {
  const hasKind = run('kind', ['version'], { tolerant: true }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
  return (await hasKind) && (await isDockerAnswering());
}

/**
 * The state of the cluster, from its node's container.
 * @throws UserError if someone else made the cluster, or paused it
 */
export function readContainer({ State, HostConfig, Mounts }: Container): Exclude<Found, { state: 'absent' }> {
  if (!Mounts.some(({ Destination }) => Destination === STATIC_PODS))
    throw new UserError(
      `there is a kind cluster ${name} that this checkout did not make. ` +
        `If it is not needed: kind delete cluster --name ${name}`,
    );
  if (State.Paused) throw new UserError(`the node ${node} is paused: docker unpause ${node}`);
  const portOf = (nodePort: number) => Number(HostConfig.PortBindings[`${nodePort}/tcp`]?.[0]?.HostPort);
  const ports = eachPort((name) => portOf(NODE_PORTS[name]));
  if (State.Running) return { state: 'running', ports };
  return { state: 'down', ports, remedy: 'its node is stopped and will be started again' };
}

/** kind: Kubernetes in a Docker container, with public charts and images. */
export function kindProvider({ kindNodeImage }: Pick<Settings, 'kindNodeImage'>): ClusterProvider {
  async function find(): Promise<Found> {
    const container = (await isDockerAnswering()) ? await inspectContainer(node) : undefined;
    if (!container) return { state: 'absent' };
    const found = readContainer(container);
    if (found.state !== 'running' || (await isComplete())) return found;
    return { ...found, state: 'down', remedy: 'its creation was interrupted, so it is created again' };
  }

  async function connect(): Promise<void> {
    await mkdir(stateFolder, { recursive: true });
    await run('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfig]);
    await chmod(kubeconfig, 0o600);
  }

  async function create(ports: Ports, progress: Progress): Promise<void> {
    const config = await kindConfig(ports, kindNodeImage);
    await ensureImage(nodeImageOf(config), progress);
    await mkdir(stateFolder, { recursive: true });
    await run(
      'kind',
      ['create', 'cluster', '--name', name, '--config', '-', '--kubeconfig', kubeconfig, '--wait', '120s'],
      {
        input: config,
        what: 'creation of the kind cluster',
        onLine: progress.note,
        env: { KIND_EXPERIMENTAL_DOCKER_NETWORK: name },
      },
    ).catch((error: unknown) => {
      throw error instanceof CommandError ? explainCreation(error, ports) : error;
    });
    await shrink('deployment/coredns', 'coredns.yaml');
    await shrink('daemonset/kindnet', 'kindnet.yaml');
    await docker(['exec', node, 'touch', COMPLETE]);
  }

  return {
    target: 'kind',
    flavor: 'kind',
    find,
    connect,

    prepare: () => ensurePrograms(['docker', 'kind', 'kubectl', 'helm'], 'CLUSTER=kind'),

    async start(ports, progress) {
      const container = await inspectContainer(node);
      if (container && !container.State.Running) await startNode(ports, progress.note);
      const found = await find();
      if (found.state === 'down') await deleteCluster();
      if (found.state !== 'running') await create(ports, progress);
      await connect();
      // After a reboot, Docker may have started the node without us.
      await waitUntilRestarted((await inspectContainer(node))?.State.StartedAt ?? '', progress.note);
    },

    pull: (images, progress) => pullIntoNode(node, images, progress),

    async loadOwnImages(progress) {
      const image = await buildOwnImage(progress);
      const inNode = fullName(image);
      // With containerd's image store kind does not recognize an image that the node has, and would load it each time.
      const { exitCode } = await docker(['exec', node, 'crictl', 'inspecti', '-q', inNode], { tolerant: true });
      if (exitCode !== 0) {
        const load = ['load', 'docker-image', image, '--name', name];
        await progress.part(`load of ${image} into the node`, () => run('kind', load, { what: 'kind load' }));
      }
      // The name in the manifests as well, for users who apply them with kubectl.
      await docker(['exec', node, 'ctr', '-n', 'k8s.io', 'images', 'tag', '--force', inNode, fullName(DEV_IMAGE)]);
      return new Map([[DEV_IMAGE, image]]);
    },

    async remove() {
      await ensurePrograms(['docker', 'kind'], 'make down');
      await deleteCluster();
      return [];
    },

    async memoryBytes() {
      const { stdout } = await docker(['stats', '--no-stream', '--format', '{{.MemUsage}}', node]);
      const [, amount = '0', unit = 'B'] = stdout.match(/^([\d.]+)(\w+)/) ?? [];
      const factors: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
      return Number(amount) * (factors[unit] ?? 1);
    },
  };
}

/** Patches a workload of kind's so that everything fits two CPUs. Does nothing if another network replaced kindnet. */
async function shrink(workload: string, patch: string): Promise<void> {
  const { exitCode } = await kubectl(['-n', 'kube-system', 'get', workload], { tolerant: true });
  if (exitCode === 0) await kubectl(['-n', 'kube-system', 'patch', workload, '--patch-file', join(cpuRequests, patch)]);
}

/** Whether the creation of the cluster finished. @throws UserError if nothing can be run in the node */
async function isComplete(): Promise<boolean> {
  const { stdout, all } = await docker(['exec', node, 'sh', '-c', `test -f ${COMPLETE} && echo yes || echo no`], {
    tolerant: true,
  });
  if (!['yes', 'no'].includes(stdout.trim())) throw new UserError(`the node ${node} runs nothing: ${reasonOf(all)}`);
  return stdout.trim() === 'yes';
}

async function startNode(ports: Ports, note: (text: string) => void): Promise<void> {
  await checkFree(ports);
  note('starting the stopped node');
  await docker(['start', node]).catch((error: Error) => {
    throw new UserError(`the stopped node ${node} cannot be started: ${reasonOf(error.message)}`);
  });
}

async function deleteCluster(): Promise<void> {
  await run('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]);
  await removeNetwork();
}

/** Removes the cluster's Docker network, which a failed `kind create` leaves behind. Returns whether there was one. */
export async function removeNetwork(): Promise<boolean> {
  const { exitCode } = await docker(['network', 'inspect', name], { tolerant: true });
  if (exitCode === 0) await docker(['network', 'rm', name]);
  return exitCode === 0;
}

/** Names the settings if a port is in use, because kind's own message is long and does not name them. */
function explainCreation(error: CommandError, ports: Ports): Error {
  if (!/port is already allocated|address already in use/.test(error.message)) return error;
  const named = portNames.map((name) => `${ports[name]} (${PORT_VARIABLES[name]})`);
  return new UserError(`a port of 127.0.0.1 is in use by another program: ${named.join(' or ')}`);
}
