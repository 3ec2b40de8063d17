import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { findClusters } from '../choose.ts';
import { isDockerAnswering } from '../kind/docker.ts';
import { removeOwnImages } from '../kind/own-image.ts';
import { exclusively } from '../lock.ts';
import { stateFolder } from '../paths.ts';
import { showProgress } from '../progress.ts';
import type { Settings } from '../settings.ts';

/** Removes this checkout's cluster and every trace of it, whatever is left of either; the cache of binaries stays. */
export function down(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const clusters = await findClusters(settings);
    const progress = showProgress(clusters.length);
    for (const { cluster } of clusters) {
      const title =
        cluster.target === 'existing' ? 'remove Windlass from the cluster' : `remove the ${cluster.target} cluster`;
      await progress.step(title, () => cluster.remove());
    }
    const images = (await isDockerAnswering()) ? await removeOwnImages() : 0;
    if (clusters.length === 0 && images === 0 && !existsSync(stateFolder)) console.log('Nothing to remove.');
    await rm(stateFolder, { recursive: true, force: true });
  });
}
