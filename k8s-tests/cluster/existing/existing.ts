import { mkdir, writeFile } from 'node:fs/promises';
import type { Cluster, Found } from '../cluster.ts';
import { docker, lastLine } from '../kind/docker.ts';
import { buildOwnImage, DEV_IMAGE } from '../kind/own-image.ts';
import { ensurePrograms } from '../kind/prerequisites.ts';
import { kubectl } from '../kubernetes-tools.ts';
import { OUR_NAMESPACES } from '../namespaces.ts';
import { kubeconfig, stateFolder } from '../paths.ts';
import { removePlatform } from '../remove-platform.ts';
import { run } from '../run.ts';
import { type Settings, UserError } from '../settings.ts';
import { recallState } from '../state.ts';
import { forwardsRun, startForwards, stopForwards } from './forwards.ts';

/**
 * A cluster that someone else runs, used as it is. Our image is loaded where it is a kind cluster and pushed to a registry
 * elsewhere; its doors are opened by port-forwards of this machine's, for no service of it is reached from here otherwise.
 */
export function existingCluster(context: string, { imageRegistry }: Pick<Settings, 'imageRegistry'>): Cluster {
  const kindName = context.startsWith('kind-') ? context.slice('kind-'.length) : undefined;
  const view = () =>
    run('kubectl', ['config', 'view', '--minify', '--flatten', '--context', context], { tolerant: true });

  async function find(): Promise<Found> {
    const ours = ['get', 'namespaces', '-l', OUR_NAMESPACES, '-o', 'name', '--request-timeout=10s'];
    const { stdout } = await run('kubectl', ['--context', context, ...ours], {
      what: `request to KUBE_CONTEXT=${context}`,
    });
    if (stdout === '') return { state: 'absent' };
    const state = await recallState();
    if (state?.context === context && (await forwardsRun())) return { state: 'running', ports: state };
    return { state: 'down', remedy: 'its port-forwards have ended, and are started again' };
  }

  async function connect(): Promise<void> {
    await mkdir(stateFolder, { recursive: true });
    await writeFile(kubeconfig, (await view()).stdout, { mode: 0o600 });
    await kubectl(['get', 'namespaces'], { what: `request to KUBE_CONTEXT=${context}` });
  }

  return {
    target: 'existing',
    context,
    flavour: 'kind',
    find,
    connect,

    async prepare() {
      await ensurePrograms(
        kindName ? ['docker', 'kind', 'kubectl', 'helm'] : ['docker', 'kubectl', 'helm'],
        'KUBE_CONTEXT',
      );
      if ((await view()).exitCode !== 0)
        throw new UserError(`KUBE_CONTEXT=${context}: the kubeconfig has no such context`);
      if (!kindName && !imageRegistry)
        throw new UserError(
          `KUBE_CONTEXT=${context} is no kind cluster, so the services' image has to come from a registry that it can pull from: set IMAGE_REGISTRY, such as IMAGE_REGISTRY=registry.example/team`,
        );
    },

    async start(ports) {
      await connect();
      await ensureStorageClass();
      if (!(await forwardsRun())) await startForwards(ports);
    },

    async loadOwnImages() {
      const image = await buildOwnImage(() => {});
      if (kindName) {
        await run('kind', ['load', 'docker-image', image, DEV_IMAGE, '--name', kindName], { what: 'kind load' });
        return new Map([[DEV_IMAGE, image]]);
      }
      const pushed = `${imageRegistry}/${image}`;
      await docker(['tag', image, pushed]);
      await docker(['push', pushed]).catch((error: Error) => {
        throw new UserError(`IMAGE_REGISTRY=${imageRegistry}: ${pushed} cannot be pushed: ${lastLine(error.message)}`);
      });
      return new Map([[DEV_IMAGE, pushed]]);
    },

    async remove() {
      await stopForwards();
      await connect();
      await removePlatform();
    },

    memoryBytes: async () => undefined,
  };
}

/** Postgres' and Kafka's volumes name it. */
async function ensureStorageClass(): Promise<void> {
  const { exitCode } = await kubectl(['get', 'storageclass', 'standard'], { tolerant: true });
  if (exitCode !== 0)
    throw new UserError('the cluster has no StorageClass `standard`, which Postgres and Kafka ask for');
}
