import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
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
import { checkFree, NODE_PORTS } from '../ports.ts';
import type { Progress } from '../progress.ts';
import type { ClusterProvider, Found } from '../provider.ts';
import { CommandError, run } from '../run.ts';
import { type Ports, type Settings, UserError } from '../settings.ts';
import { fullName, pullIntoNode } from './pull.ts';
import { waitUntilRestarted } from './restarted.ts';

/** Of the cluster and of a Docker network of its own, which goes with it. */
const name = clusterNameOf(root);
const node = `${name}-control-plane`;
const cpuRequests = fileURLToPath(new URL('../cpu-requests', import.meta.url));
const staticPods = join(cpuRequests, 'static-pods');
/** Where kind.yaml mounts them; no other cluster has such a mount. */
const STATIC_PODS = '/static-pods';

/** In the node, once its cluster is whole: a `kind create cluster` that was killed leaves a node without it. */
const COMPLETE = '/kind/windlass-complete';

interface KindConfig {
  readonly nodes: readonly {
    image: string;
    readonly extraMounts: readonly { hostPath: string }[];
    readonly extraPortMappings: readonly { containerPort: number; hostPort: number }[];
  }[];
}

/** Whether kind can run here: its binary and a Docker daemon that answers. */
export async function isKindUsable(): Promise<boolean> {
  const hasKind = run('kind', ['version'], { tolerant: true }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
  return (await hasKind) && (await isDockerAnswering());
}

/** kind's configuration with the host ports and the folder of this checkout. */
export async function kindConfig(ports: Ports, nodeImage?: string): Promise<string> {
  const config = parse(await readFile(new URL('kind.yaml', import.meta.url), 'utf8')) as KindConfig;
  const hostPorts: Record<number, number> = { [NODE_PORTS.ingress]: ports.ingress, [NODE_PORTS.jaeger]: ports.jaeger };
  for (const each of config.nodes) {
    if (nodeImage) each.image = nodeImage;
    for (const mount of each.extraMounts) mount.hostPath = staticPods;
    for (const mapping of each.extraPortMappings)
      mapping.hostPort = hostPorts[mapping.containerPort] ?? mapping.hostPort;
  }
  return stringify(config);
}

/** What a node's container says of its cluster. @throws UserError where someone else made it, or it is paused */
export function readContainer({ State, HostConfig, Mounts }: Container): Exclude<Found, { state: 'absent' }> {
  if (!Mounts.some(({ Destination }) => Destination === STATIC_PODS))
    throw new UserError(
      `there is a kind cluster ${name} that this checkout did not make. If it is not needed: kind delete cluster --name ${name}`,
    );
  if (State.Paused) throw new UserError(`the node ${node} is paused: docker unpause ${node}`);
  const portOf = (nodePort: number) => Number(HostConfig.PortBindings[`${nodePort}/tcp`]?.[0]?.HostPort);
  const ports = { ingress: portOf(NODE_PORTS.ingress), jaeger: portOf(NODE_PORTS.jaeger) };
  if (State.Running) return { state: 'running', ports };
  return { state: 'down', ports, remedy: 'its node is stopped, and is started again' };
}

/** kind: Kubernetes in a Docker container; charts and images come from their public places. */
export function kindProvider({ kindNodeImage }: Pick<Settings, 'kindNodeImage'>): ClusterProvider {
  async function find(): Promise<Found> {
    const container = (await isDockerAnswering()) ? await inspectContainer(node) : undefined;
    if (!container) return { state: 'absent' };
    const found = readContainer(container);
    if (found.state !== 'running' || (await isComplete())) return found;
    return { ...found, state: 'down', remedy: 'its creation was interrupted, and it is created again' };
  }

  async function connect(): Promise<void> {
    await mkdir(stateFolder, { recursive: true });
    await run('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfig]);
    await chmod(kubeconfig, 0o600);
  }

  async function create(ports: Ports, progress: Progress): Promise<void> {
    const config = await kindConfig(ports, kindNodeImage);
    await ensureImage((parse(config) as KindConfig).nodes[0]?.image ?? '', progress);
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
    flavour: 'kind',
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
      // Docker may have started the node itself after a reboot.
      await waitUntilRestarted((await inspectContainer(node))?.State.StartedAt ?? '', progress.note);
    },

    pull: (images, progress) => pullIntoNode(node, images, progress),

    async loadOwnImages(progress) {
      const image = await buildOwnImage(progress);
      const inNode = fullName(image);
      // kind cannot tell by the ids of containerd's image store, and would load each time.
      const { exitCode } = await docker(['exec', node, 'crictl', 'inspecti', '-q', inNode], { tolerant: true });
      if (exitCode !== 0) {
        const load = ['load', 'docker-image', image, '--name', name];
        await progress.part(`load of ${image} into the node`, () => run('kind', load, { what: 'kind load' }));
      }
      // The name of the manifests too, for those who apply them as they are.
      await docker(['exec', node, 'ctr', '-n', 'k8s.io', 'images', 'tag', '--force', inNode, fullName(DEV_IMAGE)]);
      return new Map([[DEV_IMAGE, image]]);
    },

    async remove() {
      await ensurePrograms(['docker', 'kind'], 'make down');
      await deleteCluster();
    },

    async memoryBytes() {
      const { stdout } = await docker(['stats', '--no-stream', '--format', '{{.MemUsage}}', node]);
      const [, amount = '0', unit = 'B'] = stdout.match(/^([\d.]+)(\w+)/) ?? [];
      const factors: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
      return Number(amount) * (factors[unit] ?? 1);
    },
  };
}

/** Patches a part of kind's own so that all fits two CPUs; none where another network took kindnet's place. */
async function shrink(workload: string, patch: string): Promise<void> {
  const { exitCode } = await kubectl(['-n', 'kube-system', 'get', workload], { tolerant: true });
  if (exitCode === 0) await kubectl(['-n', 'kube-system', 'patch', workload, '--patch-file', join(cpuRequests, patch)]);
}

/** Whether the cluster was made to its end. @throws UserError where the node does not say so */
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

/** Removes the cluster's Docker network, which a `kind create` that failed leaves behind. Returns whether there was one. */
export async function removeNetwork(): Promise<boolean> {
  const { exitCode } = await docker(['network', 'inspect', name], { tolerant: true });
  if (exitCode === 0) await docker(['network', 'rm', name]);
  return exitCode === 0;
}

/** kind prints all that it tried; Docker's word on a port is the one that matters. */
function explainCreation(error: CommandError, { ingress, jaeger }: Ports): Error {
  if (!/port is already allocated|address already in use/.test(error.message)) return error;
  return new UserError(
    `a port of 127.0.0.1 is in use by another program: ${ingress} (INGRESS_PORT) or ${jaeger} (JAEGER_PORT)`,
  );
}
