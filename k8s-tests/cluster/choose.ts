import type { Cluster, Found } from './cluster.ts';
import { existingCluster } from './existing/existing.ts';
import { isDockerAnswering } from './kind/docker.ts';
import { isKindUsable, kindCluster } from './kind/kind.ts';
import { nativeCluster } from './native/native.ts';
import { type Settings, UserError } from './settings.ts';
import { recallState } from './state.ts';

/** A cluster and what there is of it. */
export interface Candidate {
  readonly cluster: Cluster;
  readonly found: Found;
}

/**
 * The cluster that the settings ask for; without a wish the one that is there, else kind where it can run, else native.
 * @throws UserError where this checkout has a cluster of another kind, or one on a Docker that does not answer
 */
export async function chooseCluster(settings: Settings): Promise<Candidate> {
  const there = await findClusters(settings);
  const [first] = there;
  if (first === undefined) return withFindings(await clusterForNew(settings));
  const wanted = settings.kubeContext ? 'existing' : (settings.cluster ?? first.cluster.target);
  const other = there.find(({ cluster }) => cluster.target !== wanted);
  if (other)
    throw new UserError(`this checkout's cluster is ${other.cluster.target}, not ${wanted}: run \`make down\` first`);
  return first;
}

/** All that there is of this checkout's clusters, running or not. */
export async function findClusters(settings: Settings): Promise<Candidate[]> {
  const recalled = await recallState();
  // A cluster on kind would look absent, and another one would be made beside it.
  if (recalled?.target === 'kind' && settings.cluster !== 'native' && !(await isDockerAnswering()))
    throw new UserError("this checkout's cluster is on kind, and Docker does not answer: start Docker");
  const context = settings.kubeContext ?? recalled?.context;
  const clusters = [kindCluster(settings), nativeCluster(), ...(context ? [existingCluster(context, settings)] : [])];
  return (await Promise.all(clusters.map(withFindings))).filter(({ found }) => found.state !== 'absent');
}

async function clusterForNew(settings: Settings): Promise<Cluster> {
  if (settings.kubeContext) return existingCluster(settings.kubeContext, settings);
  const target = settings.cluster ?? ((await isKindUsable()) ? 'kind' : 'native');
  return target === 'kind' ? kindCluster(settings) : nativeCluster();
}

async function withFindings(cluster: Cluster): Promise<Candidate> {
  return { cluster, found: await cluster.find() };
}
