import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply, kubectl, waitForCondition, waitUntilServing } from './kubernetes-tools.ts';
import { root } from './paths.ts';
import { run } from './run.ts';

const ENVIRONMENT = 'dev';
const manifestFolder = join(root, 'dist', ENVIRONMENT);

/** Writes dist/<env>/*.yaml from the source, as `make synth` does. */
export async function synthesize(): Promise<void> {
  await run('npm', ['run', '--silent', 'synth'], { cwd: root, what: 'make synth' });
}

/** All manifests of the environment that runs here as one stream, with images by digest where the cluster has them so. */
export async function manifests(images: ReadonlyMap<string, string> = new Map()): Promise<string> {
  const files = (await readdir(manifestFolder)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(manifestFolder, file), 'utf8')));
  let stream = texts.join('\n---\n');
  for (const [name, tagged] of images) stream = stream.replaceAll(name, tagged);
  return stream;
}

/** Applies the application and waits until Kafka and every workload serve. */
export async function deployApplication(images: ReadonlyMap<string, string>): Promise<void> {
  await apply(await manifests(images), 'apply of the application');
  await Promise.all([
    waitForCondition('shop', ['kafka/events'], 'Ready'),
    waitForCondition('shop', ['kafkatopic', '--all'], 'Ready'),
    ...(await workloads()).map(([namespace, workload]) => waitUntilServing(namespace, workload)),
  ]);
}

/** Every workload that `make up` is responsible for, as [namespace, kind/name]. */
async function workloads(): Promise<[string, string][]> {
  const { stdout } = await kubectl(['get', 'deployments,statefulsets', '-A', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: { kind: string; metadata: { name: string; namespace: string } }[] };
  return items.map(({ kind, metadata }) => [metadata.namespace, `${kind.toLowerCase()}/${metadata.name}`]);
}
