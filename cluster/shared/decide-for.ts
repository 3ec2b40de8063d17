import { manifestObjects, synthesize } from '../deploy/application.ts';
import { clusterNameOf, root } from '../paths.ts';
import type { ClusterProvider } from '../provider.ts';
import { type Decision, decide } from './decide.ts';
import { OWN_MESH } from './mesh.ts';
import { survey } from './survey.ts';

const alone: Decision = {
  mesh: OWN_MESH,
  strimzi: { kind: 'install', withGlobals: true },
  plan: [],
  problems: [],
};

/** What is to be done on a provider's cluster, which must be connected. Clusters that we run have nothing of others. */
export async function decideFor({ target }: Pick<ClusterProvider, 'target'>): Promise<Decision> {
  if (target !== 'existing') return alone;
  await synthesize();
  return decide(await survey(), await manifestObjects(), clusterNameOf(root));
}
