import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { synthesize } from '../../../cdk8s/commands/synthesize.ts';
import { planMesh } from '../../../cdk8s/mesh/plan.ts';
import type { Environment } from '../../../cdk8s/model/environment.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import { type KubernetesObject, moveObjects } from '../../../cluster/kubernetes/objects.ts';
import { waitUntilServing } from '../../../cluster/kubernetes/waits.ts';

/** A model and the environment that it is synthesized for. */
export interface Deployment {
  readonly model: Model;
  readonly environment: Environment;
}

/**
 * Moves the cluster from one source's objects to another's, as `make up` does. All workloads serve when this returns.
 *
 * @param image to run instead of the one that the environments name
 */
export async function move(from: Deployment, to: Deployment, image: string): Promise<void> {
  const after = await objectsOf(to, image);
  await moveObjects(await objectsOf(from, image), after, 'apply of the other source');
  const workloads = after.filter(({ kind }) => kind === 'Deployment');
  await Promise.all(
    workloads.map(({ metadata }) => waitUntilServing(metadata.namespace ?? 'default', `deployment/${metadata.name}`)),
  );
}

/** All manifests of a source, as `make synth` writes them. */
async function objectsOf({ model, environment }: Deployment, image: string): Promise<readonly KubernetesObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-new-dependency-'));
  try {
    const plan = planMesh(model, [environment.replicas]);
    synthesize({ topology: model.topology, plan, environment: { ...environment, image }, outFolder: folder });
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return parseAllDocuments(texts.join('\n---\n')).flatMap(
      (document) => (document.toJS() as KubernetesObject | null) ?? [],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
