import { removeCredentials } from '../credentials/ensure.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { type KubernetesObject, toStream } from '../kubernetes/objects.ts';
import { manifestObjects, synthesize } from './application.ts';
import { removeNamespaces } from './namespaces.ts';
import { uninstallReleases } from './releases.ts';

/**
 * Removes everything of ours from an existing cluster: first the application, while its operators still run, then the
 * releases, then the namespaces that we created. CRDs stay.
 */
export async function removePlatform(): Promise<void> {
  await synthesize();
  const objects = await manifestObjects();
  const isTopic = ({ kind }: KubernetesObject) => kind === 'KafkaTopic';
  await removeTopics(objects.filter(isTopic));
  await remove(objects.filter((object) => !isTopic(object) && object.kind !== 'Namespace').toReversed());
  await uninstallReleases();
  await removeCredentials();
  await removeNamespaces();
}

/**
 * Removes topics, before their Kafka: Strimzi sets a finalizer on each topic and removes it only while the topic's
 * Kafka runs. A finalizer that stays would block the deletion of the namespace, so those left after a minute are
 * removed here.
 */
async function removeTopics(topics: readonly KubernetesObject[]): Promise<void> {
  await remove(topics, '60s');
  const { stdout } = await kubectl(['-n', 'shop', 'get', 'kafkatopics', '-o', 'name'], { tolerant: true });
  const names = new Set(topics.map(({ metadata }) => `kafkatopic.kafka.strimzi.io/${metadata.name}`));
  const left = stdout.split('\n').filter((name) => names.has(name));
  const patch = ['--type=merge', '--patch', '{"metadata":{"finalizers":null}}'];
  for (const name of left) await kubectl(['-n', 'shop', 'patch', name, ...patch], { tolerant: true });
}

/** Tolerates errors: if a CRD is gone, its objects are gone too. */
async function remove(objects: readonly KubernetesObject[], timeout = '120s'): Promise<void> {
  const flags = ['--ignore-not-found', `--timeout=${timeout}`, '--filename', '-'];
  await kubectl(['delete', ...flags], { input: toStream(objects), tolerant: true });
}
