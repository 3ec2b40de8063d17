/** The names that Strimzi gives the parts of a Kafka cluster. */
export const names = (cluster: string) => ({
  component: `${cluster}-kafka`,
  serviceAccount: `${cluster}-kafka`,
  bootstrapService: `${cluster}-kafka-bootstrap`,
  brokersService: `${cluster}-kafka-brokers`,
});

/** The StatefulSet that stands in for a StrimziPodSet, and its only pod. */
export const podNames = (cluster: string, pool: string) => ({
  podSet: `${cluster}-${pool}`,
  pod: `${cluster}-${pool}-0`,
});
