import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apply, kubectl } from '../kubernetes/kubectl.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { waitForCondition, waitUntilServing } from '../kubernetes/waits.ts';
import { root } from '../paths.ts';
import { run } from '../run.ts';

const ENVIRONMENT = 'dev';
const manifestFolder = join(root, 'dist', ENVIRONMENT);

/** Writes dist/<env>/*.yaml as `make synth` does. @param environment default: all of them */
export async function synthesize(environment?: string): Promise<void> {
  const flags = environment ? ['--', '--env', environment] : [];
  await run('npm', ['run', '--silent', 'synth', ...flags], { cwd: root, what: 'make synth' });
}

/**
 * The manifests of the environment that runs here, as one stream.
 * @param images what replaces each image's name, such as a tag made of the content
 */
async function manifests(images: ReadonlyMap<string, string> = new Map()): Promise<string> {
  const files = (await readdir(manifestFolder)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(manifestFolder, file), 'utf8')));
  let stream = texts.join('\n---\n');
  for (const [name, tagged] of images) stream = stream.replaceAll(name, tagged);
  return stream;
}

interface Manifest extends KubernetesObject {
  readonly apiVersion: string;
}

/** The same manifests as objects. */
export async function manifestObjects(): Promise<Manifest[]> {
  return parseAllDocuments(await manifests()).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

/** Applies the application and waits until Kafka and every workload serve. */
export async function deployApplication(images: ReadonlyMap<string, string>): Promise<void> {
  await apply(await manifests(images), 'apply of the application');
  const { stdout } = await kubectl(['get', 'deployments,statefulsets,kafkas,kafkatopics', '-A', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: Watched[] };
  await Promise.all(items.filter((item) => !isServing(item)).map(waitUntilReady));
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

function waitUntilReady({ kind, metadata: { namespace, name } }: Watched): Promise<void> {
  const resource = `${kind.toLowerCase()}/${name}`;
  return kind.startsWith('Kafka')
    ? waitForCondition(namespace, [resource], 'Ready')
    : waitUntilServing(namespace, resource);
}
