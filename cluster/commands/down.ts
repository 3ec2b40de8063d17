import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dockerSilence } from '../docker/docker.ts';
import { removeOwnImages } from '../docker/own-image.ts';
import { Unreachable } from '../existing/existing.ts';
import { stopForwards } from '../existing/forwards.ts';
import { removeNetwork } from '../kind/kind.ts';
import { stateFolder } from '../paths.ts';
import { showProgress } from '../progress.ts';
import { type Settings, UserError } from '../settings.ts';
import { recallState } from '../state.ts';
import { findProviders, titleOf } from './choose-provider.ts';
import { exclusively } from './lock.ts';

/** Removes this checkout's cluster and every trace of it, even of a broken one. The cache of binaries stays. */
export function down(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const providers = await findProviders(settings).catch((error) => forget(error, settings));
    const progress = showProgress(providers.length);
    for (const { provider } of providers) {
      const title = provider.context
        ? `remove Windlass from ${provider.context}`
        : `remove the ${titleOf(provider)} cluster`;
      const stays = await progress.step(title, () => provider.remove());
      if (provider.context)
        console.log(
          [`\nRemoved what this checkout made in ${provider.context}.`, ...stays.map((item) => `Stays: ${item}`)].join(
            '\n',
          ),
        );
    }
    const silence = await dockerSilence();
    const hadImages = silence === '' && (await removeOwnImages()) > 0;
    const hadNetwork = silence === '' && (await removeNetwork());
    if (providers.length === 0 && !hadImages && !hadNetwork && !existsSync(stateFolder))
      console.log(
        `Nothing to remove.${silence ? ' (Docker does not answer: make down could not look for a kind cluster.)' : ''}`,
      );
    await rm(stateFolder, { recursive: true, force: true });
  });
}

/**
 * If this checkout's cluster does not answer, only what is on this machine can be removed. That a context which the user
 * names does not answer says nothing of a cluster elsewhere.
 */
async function forget(error: unknown, { kubeContext }: Settings): Promise<never> {
  const own = (await recallState())?.context;
  const isOwn = own !== undefined && (kubeContext ?? own) === own;
  if (!(error instanceof Unreachable) || !isOwn) throw error;
  await stopForwards();
  await rm(stateFolder, { recursive: true, force: true });
  throw new UserError(
    `${error.message}\nIts port-forwards and .windlass are removed; what was installed in the cluster is still there.`,
  );
}
