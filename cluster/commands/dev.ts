import { execa } from 'execa';
import { synthesize } from '../deploy/application.ts';
import { docker } from '../docker/docker.ts';
import { buildOwnImage } from '../docker/own-image.ts';
import { ensurePrograms } from '../docker/prerequisites.ts';
import { kindClusterOf } from '../existing/existing.ts';
import { kubeconfig, root } from '../paths.ts';
import { silent } from '../progress.ts';
import { type Settings, UserError } from '../settings.ts';
import { titleOf } from './choose-provider.ts';
import { runningCluster } from './running.ts';

/** Log lines of sidecars and init containers. skaffold follows every container of our pods. */
export const NOT_A_SERVICE = /^\s*(> )?\[(\S+ )?(istio-[a-z]+|code|migrate)\]/;

/** How long skaffold waits after an edit for further edits, to sync them together. skaffold's default is a second. */
const SETTLE_MS = 200;

/**
 * `skaffold dev` on this checkout's kind cluster, without the sidecars' logs, until interrupted. Returns its exit code.
 */
export async function dev(settings: Settings): Promise<number> {
  await ensurePrograms(['docker', 'kind', 'kubectl', 'skaffold'], 'make dev');
  const { provider } = await runningCluster(settings, 'make up CLUSTER=kind');
  if (provider.target !== 'kind' && !kindClusterOf(provider.context ?? ''))
    throw new UserError(
      `make dev needs a cluster on kind, and this one is ${titleOf(provider)}: ` +
        'run `make down`, then `make up CLUSTER=kind`',
    );
  await synthesize('sync');
  const child = execa('skaffold', ['dev', '--cleanup=false', `--watch-poll-interval=${SETTLE_MS}`], {
    cwd: root,
    env: { KUBECONFIG: kubeconfig },
    stdin: 'inherit',
    all: true,
    buffer: false,
    reject: false,
  });
  // Ctrl-C reaches skaffold as well. It cleans up before it ends, and this process ends after it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill(signal));
  }
  for await (const line of child.iterable({ from: 'all' }))
    if (!NOT_A_SERVICE.test(String(line))) console.log(String(line));
  return (await child).exitCode ?? 1;
}

/** Builds this checkout's image unless it exists, and adds this name to it. */
export async function buildImageAs(name: string): Promise<void> {
  const image = await buildOwnImage({ ...silent, note: (line) => console.log(line) });
  await docker(['tag', image, name]);
}
