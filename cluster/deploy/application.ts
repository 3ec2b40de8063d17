import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apply, kubectl } from '../kubernetes/kubectl.ts';
import { toStream } from '../kubernetes/objects.ts';
import { waitForCondition, waitUntilServing } from '../kubernetes/waits.ts';
import { root } from '../paths.ts';
import { run } from '../run.ts';
import { adaptManifests, type Manifest } from '../shared/adapt-manifests.ts';
import { type Mesh, namespacesOf, OWN_MESH } from '../shared/mesh.ts';

const ENVIRONMENT = 'dev';
const manifestFolder = join(root, 'dist', ENVIRONMENT);

/** Writes dist/<env>/*.yaml as `make synth` does. @param environment default: all of them */
export async function synthesize(environment?: string): Promise<void> {
  const flags = environment ? ['--', '--env', environment] : [];
  await run('npm', ['run', '--silent', 'synth', ...flags], { cwd: root, what: 'make synth' });
}

/**
 * The manifests of the environment that runs here.
 * @param mesh the mesh that they are for. Default: as `make synth` writes them, for one of our own
 */
export async function manifestObjects(mesh: Mesh = OWN_MESH): Promise<readonly Manifest[]> {
  const files = (await readdir(manifestFolder)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(manifestFolder, file), 'utf8')));
  const documents = parseAllDocuments(texts.join('\n---\n'));
  return adaptManifests(
    mesh,
    documents.flatMap((document) => (document.toJS() as Manifest | null) ?? []),
  );
}

/**
 * The application's manifests for a mesh, as one YAML stream.
 * @param images what replaces each image's name, such as a tag made of the content
 */
export async function manifestStream(images: ReadonlyMap<string, string>, mesh: Mesh): Promise<string> {
  let stream = toStream(await manifestObjects(mesh));
  for (const [name, tagged] of images) stream = stream.replaceAll(name, tagged);
  return stream;
}

/** Applies the application and waits until Kafka and every workload of our namespaces serve. */
export async function deployApplication(images: ReadonlyMap<string, string>, mesh: Mesh): Promise<void> {
  await apply(await manifestStream(images, mesh), 'apply of the application');
  await Promise.all(namespacesOf(mesh).map(waitUntilReadyIn));
}

async function waitUntilReadyIn(namespace: string): Promise<void> {
  const waiting = (await watchedIn(namespace)).filter((item) => !isServing(item));
  const { kafka = [], workloads = [] } = Object.groupBy(waiting, ({ kind }) =>
    kind.startsWith('Kafka') ? 'kafka' : 'workloads',
  );
  const names = (items: readonly Watched[]) =>
    items.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  await Promise.all([
    kafka.length > 0 && waitForCondition(namespace, names(kafka), 'Ready'),
    workloads.length > 0 && waitUntilServing(namespace, ...names(workloads)),
  ]);
}

async function watchedIn(namespace: string): Promise<readonly Watched[]> {
  const kinds =
    'deployments,statefulsets,kafkas.kafka.strimzi.io,kafkatopics.kafka.strimzi.io,kafkausers.kafka.strimzi.io';
  const { stdout } = await kubectl(['-n', namespace, 'get', kinds, '-o', 'json']);
  return (JSON.parse(stdout) as { items: Watched[] }).items;
}

/** A workload, or a resource of Strimzi's. Only the fields that are used here. */
export interface Watched {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whether the newest generation serves and no pod of an older one is left. */
export function isServing({ kind, metadata, spec, status = {} }: Watched): boolean {
  if (status.observedGeneration !== metadata.generation) return false;
  if (kind.startsWith('Kafka'))
    return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  return [replicas, updatedReplicas, availableReplicas].every((count) => count === (spec.replicas ?? 1));
}
