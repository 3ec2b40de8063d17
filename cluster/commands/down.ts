import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { findClusters, titleOf } from '../choose.ts';
import { dockerSilence } from '../docker/docker.ts';
import { removeOwnImages } from '../docker/own-image.ts';
import { Unreachable } from '../existing/existing.ts';
import { stopForwards } from '../existing/forwards.ts';
import { removeNetwork } from '../kind/kind.ts';
import { exclusively } from '../lock.ts';
import { stateFolder } from '../paths.ts';
import { showProgress } from '../progress.ts';
import { type Settings, UserError } from '../settings.ts';

/** Removes this checkout's cluster and every trace of it, whatever is left of either; the cache of binaries stays. */
export function down(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const clusters = await findClusters(settings).catch(forget);
    const progress = showProgress(clusters.length);
    for (const { cluster } of clusters) {
      const title = cluster.context
        ? `remove Windlass from ${cluster.context}`
        : `remove the ${titleOf(cluster)} cluster`;
      await progress.step(title, () => cluster.remove());
    }
    const silence = await dockerSilence();
    const hadImages = silence === '' && (await removeOwnImages()) > 0;
    const hadNetwork = silence === '' && (await removeNetwork());
    if (clusters.length === 0 && !hadImages && !hadNetwork && !existsSync(stateFolder))
      console.log(
        `Nothing to remove.${silence ? ' (Docker does not answer: a kind cluster could not be looked for.)' : ''}`,
      );
    await rm(stateFolder, { recursive: true, force: true });
  });
}

/** Of a cluster that does not answer only our own side can be removed. */
async function forget(error: unknown): Promise<never> {
  if (!(error instanceof Unreachable)) throw error;
  await stopForwards();
  await rm(stateFolder, { recursive: true, force: true });
  throw new UserError(
    `${error.message}\nIts port-forwards and .windlass are removed; what was installed in it is still there.`,
  );
}
