import { removeCredentials } from '../credentials/ensure.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { type KubernetesObject, toStream } from '../kubernetes/objects.ts';
import type { Decision } from '../shared/decide.ts';
import { manifestObjects, synthesize } from './application.ts';
import { ourNamespaces, removeNamespaces } from './namespaces.ts';
import { uninstallReleases } from './releases.ts';

/** A namespace whose objects of the application are removed first: Strimzi must remove its topics while it runs. */
const isInNamespace = (names: readonly string[]) => (object: KubernetesObject) =>
  names.includes(object.metadata.namespace ?? '');

/**
 * Removes from an existing cluster what this checkout made: first the application, while its operators still run, then
 * the releases, then the namespaces. A second run completes one that was interrupted.
 * @returns what stays, and why, for people
 */
export async function removePlatform({
  mesh,
  strimzi,
}: Pick<Decision, 'mesh' | 'strimzi'>): Promise<readonly string[]> {
  await synthesize();
  const ours = await ourNamespaces();
  const objects = (await manifestObjects(mesh)).filter(isInNamespace(ours));
  const isTopic = ({ kind }: KubernetesObject) => kind === 'KafkaTopic';
  await removeTopics(objects.filter(isTopic));
  await remove(objects.filter((object) => !isTopic(object)).toReversed());
  await uninstallReleases(ours);
  await removeCredentials(ours);
  await removeNamespaces();
  const isOwn = { 'istio.io': mesh.kind === 'own', 'strimzi.io': strimzi.kind === 'install' && strimzi.withGlobals };
  return whatStays(Object.entries(isOwn).flatMap(([group, own]) => (own ? group : [])));
}

/** CRDs, unless others brought them: deleting one deletes all objects of its kind, in all namespaces. */
async function whatStays(candidates: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await kubectl(['get', 'crds', '-o', 'name']);
  const groups = candidates.filter((group) => new RegExp(`\\.${group}$`, 'm').test(stdout));
  return groups.map(
    (group) =>
      `the CRDs of ${group}: deleting them would delete such objects of everyone. If no one uses them: ` +
      `kubectl get crd -o name | grep '\\.${group}$' | xargs kubectl delete`,
  );
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
