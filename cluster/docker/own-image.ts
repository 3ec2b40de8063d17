import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildContext } from '../images/build-context.ts';
import { clusterNameOf, root } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';
import { keyOf } from '../toolchain/cache.ts';
import { docker } from './docker.ts';

/** The name of this checkout's image unless it was pushed to a registry. */
export const REPOSITORY = 'windlass/services';
/** The image's name in the manifests of dev. */
export const DEV_IMAGE = `${REPOSITORY}:dev`;
const DOCKERFILE = 'services/Dockerfile';

/** Marks every image that is built from a checkout. */
const LABEL = 'dev.windlass.checkout';

/**
 * Builds this checkout's image unless Docker has it, and returns its name. The tag is a digest of the image's input. An
 * image id would differ with each build if BuildKit adds attestations or its cache was pruned, and each `make up` would
 * restart everything.
 */
export async function buildOwnImage(progress: Progress): Promise<string> {
  const files = [DOCKERFILE, '.dockerignore', ...(await buildContext())];
  const contents = await Promise.all(files.map(async (file) => `${file}\0${await readFile(join(root, file), 'utf8')}`));
  // The checkout is part of the tag, so that `make down` never removes another checkout's image.
  const image = `${REPOSITORY}:${keyOf(clusterNameOf(root), ...contents).slice(0, 12)}`;
  const { exitCode } = await docker(['image', 'inspect', '--format', '{{.Id}}', image], { tolerant: true });
  if (exitCode !== 0) await progress.part(`build of ${image}`, () => build(image, progress.note));
  return image;
}

async function build(image: string, note: (text: string) => void): Promise<void> {
  const flags = ['--tag', image, '--file', join(root, DOCKERFILE), '--build-arg', `CHECKOUT=${clusterNameOf(root)}`];
  // With an attestation the image becomes an index, which `kind load` cannot read from containerd's image store.
  const env = { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  await docker(['build', ...flags, root], { what: 'docker build', env, onLine: note }).catch((error: Error) => {
    const pull = error.message.match(
      /^.*(pull access denied|manifest (for|unknown)|failed to resolve source metadata).*$/im,
    );
    throw pull ? new UserError(`an image that ${DOCKERFILE} builds on cannot be pulled: ${pull[0].trim()}`) : error;
  });
}

/** Removes every image that `make up` or `make dev` built from this checkout. Returns how many there were. */
export async function removeOwnImages(): Promise<number> {
  const filter = `label=${LABEL}=${clusterNameOf(root)}`;
  const { stdout } = await docker(['image', 'ls', '--quiet', '--no-trunc', '--filter', filter]);
  const ids = [...new Set(stdout.split('\n').filter(Boolean))];
  if (ids.length > 0) await docker(['image', 'rm', '--force', ...ids], { what: 'removal of the images' });
  return ids.length;
}
