import { isDockerAnswering } from '../docker/docker.ts';
import { existingProvider } from '../existing/existing.ts';
import { isKindUsable, kindProvider } from '../kind/kind.ts';
import { nativeProvider } from '../native/native.ts';
import type { ClusterProvider, Found } from '../provider.ts';
import { type Settings, UserError } from '../settings.ts';
import { recallState } from '../state.ts';

/** A cluster and what there is of it. */
export interface Candidate {
  readonly provider: ClusterProvider;
  readonly found: Found;
}

/**
 * The cluster that the settings ask for; without a wish the one that is there, else kind where it can run, else native.
 * @throws UserError where this checkout has another cluster, or one on a Docker that does not answer
 */
export async function chooseProvider(settings: Settings): Promise<Candidate> {
  return pickProvider(settings, await findProviders(settings)) ?? withFindings(await providerForNew(settings));
}

/**
 * The one of those that are there that the settings ask for; undefined where none is.
 * @throws UserError where there is another one
 */
export function pickProvider(settings: Settings, there: readonly Candidate[]): Candidate | undefined {
  const [first] = there;
  const target = settings.kubeContext ? 'existing' : (settings.cluster ?? first?.provider.target);
  const isWanted = ({ provider }: Candidate) =>
    provider.target === target && (!settings.kubeContext || provider.context === settings.kubeContext);
  const other = there.find((candidate) => !isWanted(candidate));
  if (other)
    throw new UserError(
      `this checkout's cluster is ${titleOf(other.provider)}, not ${settings.kubeContext ?? target}: run \`make down\` first`,
    );
  return first;
}

/** All that there is of this checkout's clusters, running or not. */
export async function findProviders(settings: Settings): Promise<Candidate[]> {
  const recalled = await recallState();
  // A cluster on kind would look absent, and another one would be made beside it.
  if (recalled?.target === 'kind' && !(await isDockerAnswering()))
    throw new UserError("this checkout's cluster is on kind, and Docker does not answer: start Docker");
  const contexts = new Set([settings.kubeContext, recalled?.context].filter((context) => context !== undefined));
  // A kind cluster that has our name and is not ours is an error for those who want kind.
  const isKindMeant = settings.cluster !== 'native' && contexts.size === 0;
  const kind = withFindings(kindProvider(settings));
  const candidates = await Promise.all([
    isKindMeant ? kind : kind.catch(() => undefined),
    withFindings(nativeProvider()),
    ...[...contexts].map((context) => withFindings(existingProvider(context, settings))),
  ]);
  return candidates.filter((candidate) => candidate !== undefined).filter(({ found }) => found.state !== 'absent');
}

/** `native`, `kind`, or an existing cluster's context. */
export function titleOf({ target, context }: ClusterProvider): string {
  return context ?? target;
}

async function providerForNew(settings: Settings): Promise<ClusterProvider> {
  if (settings.kubeContext) return existingProvider(settings.kubeContext, settings);
  const target = settings.cluster ?? ((await isKindUsable()) ? 'kind' : 'native');
  return target === 'kind' ? kindProvider(settings) : nativeProvider();
}

async function withFindings(provider: ClusterProvider): Promise<Candidate> {
  return { provider, found: await provider.find() };
}
