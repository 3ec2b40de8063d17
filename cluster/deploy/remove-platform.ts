import { kubectl } from '../kubernetes/kubectl.ts';
import { type KubernetesObject, toStream } from '../kubernetes/objects.ts';
import { manifestObjects, synthesize } from './application.ts';
import { removeNamespaces } from './namespaces.ts';
import { uninstallReleases } from './releases.ts';

/**
 * Takes everything of ours out of a cluster that stays: the application while its operators are still there, the releases, the
 * namespaces that we made. CRDs stay.
 */
export async function removePlatform(): Promise<void> {
  await synthesize();
  const objects = await manifestObjects();
  const isTopic = ({ kind }: KubernetesObject) => kind === 'KafkaTopic';
  await removeTopics(objects.filter(isTopic));
  await remove(objects.filter((object) => !isTopic(object) && object.kind !== 'Namespace').toReversed());
  await uninstallReleases();
  await removeNamespaces();
}

/**
 * Topics go first, and their Kafka after them: Strimzi holds on to a topic by a finalizer, and lets it go only while its Kafka
 * runs. One that is not let go in time would hold up its namespace without end.
 */
async function removeTopics(topics: readonly KubernetesObject[]): Promise<void> {
  await remove(topics, '60s');
  const { stdout } = await kubectl(['-n', 'shop', 'get', 'kafkatopics', '-o', 'name'], { tolerant: true });
  const names = new Set(topics.map(({ metadata }) => `kafkatopic.kafka.strimzi.io/${metadata.name}`));
  const left = stdout.split('\n').filter((name) => names.has(name));
  const patch = ['--type=merge', '--patch', '{"metadata":{"finalizers":null}}'];
  for (const name of left) await kubectl(['-n', 'shop', 'patch', name, ...patch], { tolerant: true });
}

/** Tolerant: where a CRD is gone, so are its objects. */
async function remove(objects: readonly KubernetesObject[], timeout = '120s'): Promise<void> {
  const flags = ['--ignore-not-found', `--timeout=${timeout}`, '--filename', '-'];
  await kubectl(['delete', ...flags], { input: toStream(objects), tolerant: true });
}
