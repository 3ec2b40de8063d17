import { writeFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';
import { kubeconfig } from './paths.ts';
import { run } from './run.ts';
import { UserError } from './settings.ts';

/** A cluster that someone else runs, used as it is: it pulls our images itself, and its doors are the user's to open. */
export function existingCluster(context: string): Cluster {
  const view = () =>
    run('kubectl', ['config', 'view', '--minify', '--flatten', '--context', context], { tolerant: true });
  return {
    target: 'existing',
    flavour: 'kind',
    async prepare() {
      if ((await view()).exitCode !== 0)
        throw new UserError(`KUBE_CONTEXT=${context}: the kubeconfig has no such context`);
    },
    async start() {
      await writeFile(kubeconfig, (await view()).stdout, { mode: 0o600 });
      await run('kubectl', ['get', 'namespaces'], {
        what: `request to KUBE_CONTEXT=${context}`,
        env: { KUBECONFIG: kubeconfig },
      });
    },
    loadOwnImages: async () => new Map(),
    isRunning: async () => true,
    remove: async () => {},
    memoryBytes: async () => undefined,
  };
}
