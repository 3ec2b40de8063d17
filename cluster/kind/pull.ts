import { docker, reasonOf } from '../docker/docker.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';

const AT_ONCE = 3;

/**
 * Pulls the images that a node lacks, so that no wait for a pod includes a pull.
 * @param images as manifests name them
 * @throws UserError that names the first image that cannot be pulled, with the registry's answer
 */
export async function pullIntoNode(node: string, images: readonly string[], progress: Progress): Promise<void> {
  const { stdout } = await docker(['exec', node, 'crictl', 'images', '--output', 'json']);
  const present = new Set(
    (JSON.parse(stdout) as { images: { repoTags?: string[] }[] }).images.flatMap(({ repoTags }) => repoTags ?? []),
  );
  const missing = images
    .map(fullName)
    .filter((image, index, all) => !present.has(image) && all.indexOf(image) === index);
  const waiting = [...missing];
  const pullNext = async (): Promise<void> => {
    for (let image = waiting.shift(); image !== undefined; image = waiting.shift()) {
      const pull = () => docker(['exec', node, 'crictl', 'pull', image]);
      await progress.part(`pull of ${image}`, pull).catch((error: Error) => {
        waiting.length = 0;
        throw new UserError(`the image ${image} cannot be pulled: ${reasonOf(error.message)}`);
      });
    }
  };
  // An error is passed on only after all pulls have ended, so that none continues in the background.
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, pullNext));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** The name that a container runtime uses: `docker.io/library/postgres:18` for `postgres:18`. */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]|^localhost$/.test(first) ? image : `docker.io/${image}`;
}
