/** What a rule exports under which name, in the words of Prometheus' JMX exporter. */
interface MetricRule {
  readonly pattern: string;
  readonly name: string;
  readonly type: 'COUNTER' | 'GAUGE';
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * What brokers tell Prometheus of all that they could: who was refused, what is replicated, and how much is written.
 * Kafka keeps connections per listener and network thread. It refuses a client without a valid certificate during
 * authentication, and an operation that no ACL allows afterwards.
 */
export const metricsRules = {
  lowercaseOutputLabelNames: true,
  includeObjectNames: [
    'kafka.server:type=socket-server-metrics,listener=*,networkProcessor=*',
    'kafka.server:type=plugins,*',
    'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions',
    'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec',
  ],
  rules: [
    {
      pattern:
        'kafka.server<type=socket-server-metrics, listener=(.+), networkProcessor=(.+)><>(failed|successful)-authentication-total',
      name: 'kafka_server_$3_authentications_total',
      type: 'COUNTER',
      labels: { listener: '$1', thread: '$2' },
    },
    {
      pattern: 'kafka.server<type=plugins, config=.+, class=.+, role=(.+)><>authorization-denied-rate-per-minute',
      name: 'kafka_server_authorizations_denied_per_minute',
      type: 'GAUGE',
      labels: { role: '$1' },
    },
    {
      pattern: 'kafka.server<type=ReplicaManager, name=UnderReplicatedPartitions><>Value',
      name: 'kafka_server_under_replicated_partitions',
      type: 'GAUGE',
    },
    {
      pattern: 'kafka.server<type=BrokerTopicMetrics, name=MessagesInPerSec><>Count',
      name: 'kafka_server_messages_in_total',
      type: 'COUNTER',
    },
  ] satisfies MetricRule[],
} as const;
