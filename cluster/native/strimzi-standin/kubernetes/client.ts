import { isDeepStrictEqual } from 'node:util';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1StatefulSet,
} from '@kubernetes/client-node';
import { withTimes } from '../conditions.ts';
import {
  type Kafka,
  type NodePool,
  type Resource,
  type ResourceList,
  type Secrets,
  STRIMZI_API,
  type Status,
  type Topic,
  type User,
} from '../resources.ts';

const FIELD_MANAGER = 'strimzi-standin';

export type Plural = 'kafkas' | 'kafkanodepools' | 'kafkatopics' | 'kafkausers';

/** This program's operations in its namespace. */
export type Client = ReturnType<typeof makeClient>;

export function makeClient(config: KubeConfig, namespace: string) {
  const custom = config.makeApiClient(CustomObjectsApi);
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);

  const list = async <R>(plural: Plural): Promise<readonly R[]> =>
    ((await custom.listNamespacedCustomObject({ ...STRIMZI_API, namespace, plural })) as ResourceList<R>).items;

  return {
    kafkas: () => list<Kafka>('kafkas'),
    pools: () => list<NodePool>('kafkanodepools'),
    topics: () => list<Topic>('kafkatopics'),
    users: () => list<User>('kafkausers'),

    /** The Secrets with the certificates of a Kafka cluster and its users. */
    async secrets(cluster: string): Promise<Secrets> {
      const { items } = await core.listNamespacedSecret({ namespace, labelSelector: `strimzi.io/cluster=${cluster}` });
      return new Map(
        items.map(({ metadata, data = {} }) => [
          metadata?.name ?? '',
          {
            annotations: metadata?.annotations ?? {},
            values: Object.fromEntries(
              Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
            ),
          },
        ]),
      );
    },

    /** Applies an object. Fields of other managers stay as they are. */
    async apply(object: KubernetesObject): Promise<void> {
      await objects.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
    },

    statefulSet: (name: string): Promise<V1StatefulSet> => apps.readNamespacedStatefulSet({ namespace, name }),

    /** A value of a ConfigMap; undefined if either is missing. */
    async configValue(name: string, key: string): Promise<string | undefined> {
      try {
        return (await core.readNamespacedConfigMap({ namespace, name })).data?.[key];
      } catch (error) {
        if (error instanceof ApiException && error.code === 404) return undefined;
        throw error;
      }
    },

    /**
     * Writes a status if it differs from the present one. Returns whether it did.
     * @throws ApiException 409 if the resource has changed since it was read. The next pass sees the new one.
     */
    async setStatus<S extends Status>(plural: Plural, resource: Resource<unknown, S>, next: S): Promise<boolean> {
      const status = { ...next, conditions: withTimes(next.conditions ?? [], resource.status?.conditions, new Date()) };
      if (isDeepStrictEqual(status, resource.status)) return false;
      const { name } = resource.metadata;
      await custom.replaceNamespacedCustomObjectStatus({
        ...STRIMZI_API,
        namespace,
        plural,
        name,
        body: { ...resource, status },
      });
      return true;
    },

    /** Replaces a topic's finalizers and returns the changed topic. */
    async setFinalizers(topic: Topic, finalizers: readonly string[]): Promise<Topic> {
      const body = { ...topic, metadata: { ...topic.metadata, finalizers } };
      const { name } = topic.metadata;
      const plural = 'kafkatopics' satisfies Plural;
      return (await custom.replaceNamespacedCustomObject({ ...STRIMZI_API, namespace, plural, name, body })) as Topic;
    },
  };
}
