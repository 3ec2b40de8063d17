import type { Logger } from 'pino';
import { Rejection, ready, readyFalse, reconciliationPaused, unmanaged } from '../conditions.ts';
import { isPaused } from '../kafka/reconcile.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Topic, TopicStatus } from '../resources.ts';
import type { BrokerAdmin } from './broker-admin.ts';
import { planTopic } from './plan.ts';

const FINALIZER = 'strimzi.io/topic-operator';

const topicNameOf = (topic: Topic): string => topic.spec.topicName ?? topic.metadata.name;

const isManaged = (topic: Topic): boolean => topic.metadata.annotations?.['strimzi.io/managed'] !== 'false';

/** The resource that owns a topic's name: the oldest one, or of several of the same second the first by name. */
export function ownerOf(name: string, topics: readonly Topic[]): Topic | undefined {
  const age = ({ metadata }: Topic): string =>
    `${new Date(metadata.creationTimestamp ?? 0).toISOString()} ${metadata.name}`;
  return topics
    .filter((topic) => topicNameOf(topic) === name && isManaged(topic))
    .toSorted((a, b) => (age(a) < age(b) ? -1 : 1))[0];
}

/** Reconciles one topic with its resource and writes the resource's status. @param all the topics of the same Kafka */
export async function reconcileTopic(
  client: Client,
  admin: BrokerAdmin,
  topic: Topic,
  all: readonly Topic[],
  log: Logger,
): Promise<void> {
  const name = topicNameOf(topic);
  if (topic.metadata.deletionTimestamp !== undefined) {
    await removeTopic(client, admin, topic, all);
    return;
  }
  const observedGeneration = topic.metadata.generation ?? 0;
  const setStatus = async (current: Topic, status: TopicStatus): Promise<void> => {
    if (await client.setStatus('kafkatopics', current, { ...current.status, ...status, observedGeneration })) {
      log.info({ topic: topic.metadata.name, ...status.conditions?.[0] }, 'topic status');
    }
  };
  if (isPaused(topic)) return setStatus(topic, { conditions: [reconciliationPaused()] });
  if (!isManaged(topic)) return setStatus(topic, { conditions: [unmanaged()] });

  let current = topic;
  try {
    const owner = ownerOf(name, all);
    if (owner !== undefined && owner.metadata.name !== topic.metadata.name) {
      const { namespace, name: ownerName } = owner.metadata;
      throw new Rejection('ResourceConflict', `Managed by Ref{namespace='${namespace}', name='${ownerName}'}`);
    }
    const finalizers = topic.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) current = await client.setFinalizers(topic, [...finalizers, FINALIZER]);

    const plan = planTopic(topic.spec, await admin.describe(name));
    await admin.apply(name, plan);
    const actual = await admin.describe(name);
    if (actual === undefined) return; // the next pass will see it
    await setStatus(current, { conditions: [ready()], topicName: name, topicId: actual.topicId });
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    await setStatus(current, { conditions: [readyFalse(error.reason, error.message)] });
  }
}

/** Removes the topic from Kafka unless another resource owns it, and then the finalizer from the resource. */
async function removeTopic(client: Client, admin: BrokerAdmin, topic: Topic, all: readonly Topic[]): Promise<void> {
  const finalizers = topic.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return;
  const name = topicNameOf(topic);
  const isOwner = ownerOf(name, all)?.metadata.name === topic.metadata.name;
  if (isOwner && (await admin.describe(name)) !== undefined) await admin.remove(name);
  await client.setFinalizers(
    topic,
    finalizers.filter((finalizer) => finalizer !== FINALIZER),
  );
}
