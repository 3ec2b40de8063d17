import type { Cluster } from './cluster.ts';
import { existingCluster } from './existing.ts';
import { isKindUsable, kindCluster } from './kind/kind.ts';
import { nativeCluster } from './native/native.ts';
import { type Settings, UserError } from './settings.ts';
import { recallState } from './state.ts';

/** The cluster that the settings ask for; without a wish the one that runs, else kind where it can run, else native. */
export async function chooseCluster({ cluster, kubeContext }: Settings): Promise<Cluster> {
  const running = (await recallState())?.target;
  const wanted = kubeContext ? 'existing' : (cluster ?? running ?? ((await isKindUsable()) ? 'kind' : 'native'));
  if (running && wanted !== running)
    throw new UserError(`this checkout's cluster is ${running}, not ${wanted}: run \`make down\` first`);
  if (wanted === 'existing') {
    if (!kubeContext) throw new UserError('this checkout uses an existing cluster: name it by KUBE_CONTEXT');
    return existingCluster(kubeContext);
  }
  return wanted === 'kind' ? kindCluster() : nativeCluster();
}
