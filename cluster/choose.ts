import type { Cluster, Found } from './cluster.ts';
import { isDockerAnswering } from './docker/docker.ts';
import { existingCluster } from './existing/existing.ts';
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
 * @throws UserError where this checkout has another cluster, or one on a Docker that does not answer
 */
export async function chooseCluster(settings: Settings): Promise<Candidate> {
  return pickCluster(settings, await findClusters(settings)) ?? withFindings(await clusterForNew(settings));
}

/**
 * The one of those that are there that the settings ask for; undefined where none is.
 * @throws UserError where there is another one
 */
export function pickCluster(settings: Settings, there: readonly Candidate[]): Candidate | undefined {
  const [first] = there;
  const target = settings.kubeContext ? 'existing' : (settings.cluster ?? first?.cluster.target);
  const isWanted = ({ cluster }: Candidate) =>
    cluster.target === target && (!settings.kubeContext || cluster.context === settings.kubeContext);
  const other = there.find((candidate) => !isWanted(candidate));
  if (other)
    throw new UserError(
      `this checkout's cluster is ${titleOf(other.cluster)}, not ${settings.kubeContext ?? target}: run \`make down\` first`,
    );
  return first;
}

/** All that there is of this checkout's clusters, running or not. */
export async function findClusters(settings: Settings): Promise<Candidate[]> {
  const recalled = await recallState();
  // A cluster on kind would look absent, and another one would be made beside it.
  if (recalled?.target === 'kind' && !(await isDockerAnswering()))
    throw new UserError("this checkout's cluster is on kind, and Docker does not answer: start Docker");
  const contexts = new Set([settings.kubeContext, recalled?.context].filter((context) => context !== undefined));
  // A kind cluster that has our name and is not ours is an error for those who want kind.
  const isKindMeant = settings.cluster !== 'native' && contexts.size === 0;
  const kind = withFindings(kindCluster(settings));
  const candidates = await Promise.all([
    isKindMeant ? kind : kind.catch(() => undefined),
    withFindings(nativeCluster()),
    ...[...contexts].map((context) => withFindings(existingCluster(context, settings))),
  ]);
  return candidates.filter((candidate) => candidate !== undefined).filter(({ found }) => found.state !== 'absent');
}

/** `native`, `kind`, or an existing cluster's context. */
export function titleOf({ target, context }: Cluster): string {
  return context ?? target;
}

async function clusterForNew(settings: Settings): Promise<Cluster> {
  if (settings.kubeContext) return existingCluster(settings.kubeContext, settings);
  const target = settings.cluster ?? ((await isKindUsable()) ? 'kind' : 'native');
  return target === 'kind' ? kindCluster(settings) : nativeCluster();
}

async function withFindings(cluster: Cluster): Promise<Candidate> {
  return { cluster, found: await cluster.find() };
}
