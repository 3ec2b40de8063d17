/** The names that Strimzi gives to the parts of a Kafka cluster. */
export const names = (cluster: string) => ({
  component: `${cluster}-kafka`,
  serviceAccount: `${cluster}-kafka`,
  bootstrapService: `${cluster}-kafka-bootstrap`,
  brokersService: `${cluster}-kafka-brokers`,
});

/** The StatefulSet that replaces a StrimziPodSet, and its only pod. */
export const podNames = (cluster: string, pool: string) => ({
  podSet: `${cluster}-${pool}`,
  pod: `${cluster}-${pool}-0`,
});

type Labels = Record<string, string>;

/** The labels of everything that belongs to a Kafka cluster. */
export const clusterLabels = (cluster: string): Labels => ({
  'app.kubernetes.io/instance': cluster,
  'app.kubernetes.io/managed-by': 'strimzi-cluster-operator',
  'app.kubernetes.io/name': 'kafka',
  'app.kubernetes.io/part-of': `strimzi-${cluster}`,
  'strimzi.io/cluster': cluster,
  'strimzi.io/component-type': 'kafka',
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': names(cluster).component,
});

/** The labels that the services select. */
export const brokerSelector = (cluster: string): Labels => ({
  'strimzi.io/broker-role': 'true',
  'strimzi.io/cluster': cluster,
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': names(cluster).component,
});

/** The labels that distinguish the pods of a pool. */
export const poolSelector = (cluster: string, pool: string): Labels => ({
  'strimzi.io/cluster': cluster,
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': names(cluster).component,
  'strimzi.io/pool-name': pool,
});

export const podLabels = (cluster: string, pool: string): Labels => ({
  ...clusterLabels(cluster),
  ...poolSelector(cluster, pool),
  'strimzi.io/broker-role': 'true',
  'strimzi.io/controller-role': 'true',
  'strimzi.io/controller': 'strimzipodset',
  'strimzi.io/controller-name': podNames(cluster, pool).podSet,
  'strimzi.io/pod-name': podNames(cluster, pool).pod,
});
