import { isDockerAnswering } from '../docker/docker.ts';
import { existingProvider } from '../existing/existing.ts';
import { isKindUsable, kindProvider } from '../kind/kind.ts';
import { nativeProvider } from '../native/native.ts';
import type { ClusterProvider, Found } from '../provider.ts';
import { type Settings, UserError } from '../settings.ts';
import { recallState } from '../state.ts';

/** A provider and what exists of its cluster. */
export interface Candidate {
  readonly provider: ClusterProvider;
  readonly found: Found;
}

/**
 * The provider that the settings ask for. Without a setting: the one whose cluster exists, else kind if it can run,
 * else native.
 * @throws UserError if this checkout has a different cluster, or one on a Docker that does not answer
 */
export async function chooseProvider(settings: Settings): Promise<Candidate> {
  return pickProvider(settings, await findProviders(settings)) ?? withFindings(await providerForNew(settings));
}

/**
 * Of the candidates whose cluster exists, the one that the settings ask for; undefined if there are none.
 * @throws UserError if a different one exists
 */
export function pickProvider(settings: Settings, there: readonly Candidate[]): Candidate | undefined {
  const [first] = there;
  const target = settings.kubeContext ? 'existing' : (settings.cluster ?? first?.provider.target);
  const isWanted = ({ provider }: Candidate) =>
    provider.target === target && (!settings.kubeContext || provider.context === settings.kubeContext);
  const other = there.find((candidate) => !isWanted(candidate));
  if (other)
    throw new UserError(
      `this checkout's cluster is ${titleOf(other.provider)}, not ${settings.kubeContext ?? target}: ` +
        'run `make down` first',
    );
  return first;
}

/** All clusters of this checkout, running or not. */
export async function findProviders(settings: Settings): Promise<Candidate[]> {
  const recalled = await recallState();
  // Without Docker the cluster would seem absent, and `make up` would create a second one.
  if (recalled?.target === 'kind' && !(await isDockerAnswering()))
    throw new UserError("this checkout's cluster is on kind, and Docker does not answer: start Docker");
  const contexts = new Set([settings.kubeContext, recalled?.context].filter((context) => context !== undefined));
  // A foreign kind cluster that has our name is an error only if the user wants kind.
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
