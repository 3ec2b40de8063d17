import { mkdir, writeFile } from 'node:fs/promises';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { removePlatform } from '../deploy/remove-platform.ts';
import { docker, reasonOf } from '../docker/docker.ts';
import { buildOwnImage, DEV_IMAGE } from '../docker/own-image.ts';
import { ensurePrograms } from '../docker/prerequisites.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, kubeconfig, root, stateFolder } from '../paths.ts';
import { eachPort } from '../ports.ts';
import type { ClusterProvider, Found } from '../provider.ts';
import { run } from '../run.ts';
import { portNames, type Settings, UserError } from '../settings.ts';
import { announce } from '../shared/announce.ts';
import { decideFor } from '../shared/decide-for.ts';
import { gatewayOf } from '../shared/mesh.ts';
import { findForwards, startForwards, stopForwards } from './forwards.ts';

/** The cluster of a context does not answer, or the kubeconfig has no such context. */
export class Unreachable extends UserError {}

/**
 * A cluster that someone else runs. A kind cluster gets our image by `kind load`, any other cluster from a registry.
 * Port-forwards on this machine lead to the gateway and to Jaeger, because no service of such a cluster is reachable
 * from here otherwise.
 * @param images how images reach a cluster that is neither, such as a native one in tests. Default: see above
 */
export function existingProvider(
  context: string,
  { imageRegistry }: Pick<Settings, 'imageRegistry'>,
  images?: Pick<ClusterProvider, 'flavor' | 'loadOwnImages'>,
): ClusterProvider {
  const kindName = kindClusterOf(context);
  const view = () => run('kubectl', ['config', 'view', '--minify', '--flatten', '--context', context]);

  async function find(): Promise<Found> {
    await ensurePrograms(['kubectl'], 'KUBE_CONTEXT');
    const maker = await findMaker(context);
    if (maker !== undefined && maker !== clusterNameOf(root))
      throw new UserError(`KUBE_CONTEXT=${context}: the Windlass in it belongs to another checkout, ${maker}`);
    const forwards = await findForwards();
    const ports = forwards?.context === context ? eachPort((name) => forwards[name]) : undefined;
    if (maker !== undefined && ports) return { state: 'running', ports };
    if (maker === undefined && !ports) return { state: 'absent' };
    return { state: 'down', remedy: 'the missing parts are installed again', ...(ports && { ports }) };
  }

  async function connect(): Promise<void> {
    await mkdir(stateFolder, { recursive: true });
    await writeFile(kubeconfig, (await view()).stdout, { mode: 0o600 });
  }

  return {
    target: 'existing',
    flavor: images?.flavor ?? 'kind',
    context,
    find,
    connect,

    async prepare() {
      if (!images)
        await ensurePrograms(
          kindName ? ['docker', 'kind', 'kubectl', 'helm'] : ['docker', 'kubectl', 'helm'],
          'KUBE_CONTEXT',
        );
      if (!images && !kindName && !imageRegistry)
        throw new UserError(
          `KUBE_CONTEXT=${context} is not a kind cluster, so it must pull the services' image from a registry: ` +
            'set IMAGE_REGISTRY, such as IMAGE_REGISTRY=registry.example/team',
        );
      await connect();
      await ensureStorageClass();
      announce(context, await decideFor({ target: 'existing' }));
    },

    async start(ports) {
      await connect();
      const { mesh } = await decideFor({ target: 'existing' });
      const { namespace, service } = gatewayOf(mesh);
      const forwards = await findForwards();
      const isRight = portNames.every((name) => forwards?.[name] === ports[name]);
      if (!isRight) {
        await stopForwards();
        await startForwards({ ...ports, context, gateway: { namespace, service } });
      }
    },

    async loadOwnImages(progress) {
      if (images) return images.loadOwnImages(progress);
      const image = await buildOwnImage(progress);
      if (kindName) {
        await docker(['tag', image, DEV_IMAGE]);
        const load = ['load', 'docker-image', image, DEV_IMAGE, '--name', kindName];
        await progress.part(`load of ${image} into the nodes`, () => run('kind', load, { what: 'kind load' }));
        return new Map([[DEV_IMAGE, image]]);
      }
      const pushed = `${imageRegistry}/${image}`;
      await docker(['tag', image, pushed]);
      await progress
        .part(`push of ${pushed}`, () => docker(['push', pushed]))
        .catch((error: Error) => {
          throw new UserError(
            `IMAGE_REGISTRY=${imageRegistry}: ${pushed} cannot be pushed: ${reasonOf(error.message)}`,
          );
        });
      return new Map([[DEV_IMAGE, pushed]]);
    },

    async remove() {
      await stopForwards();
      await connect();
      return removePlatform(await decideFor({ target: 'existing' }));
    },

    memoryBytes: async () => undefined,
  };
}

/** The name of a context's kind cluster; undefined if it is any other cluster. */
export function kindClusterOf(context: string): string | undefined {
  return context.startsWith('kind-') ? context.slice('kind-'.length) : undefined;
}

/** The checkout that installed Windlass in the cluster, from the label of its namespaces; undefined if none did. */
async function findMaker(context: string): Promise<string | undefined> {
  const path = `jsonpath={.items[*].metadata.labels.${CHECKOUT_LABEL.replaceAll('.', '\\.')}}`;
  const args = ['--context', context, 'get', 'namespaces', '-o', path, '--request-timeout=10s'];
  const { stdout, all, exitCode } = await run('kubectl', args, { tolerant: true });
  if (exitCode !== 0) throw new Unreachable(`KUBE_CONTEXT=${context} cannot be used: ${reasonOf(all)}`);
  return stdout.split(' ').find(Boolean);
}

/** Checks for the StorageClass that the volumes of Postgres and Kafka name. @throws UserError if it is missing */
async function ensureStorageClass(): Promise<void> {
  const { exitCode } = await kubectl(['get', 'storageclass', 'standard'], { tolerant: true });
  if (exitCode !== 0) throw new UserError('the cluster has no StorageClass `standard`, which Postgres and Kafka need');
}
