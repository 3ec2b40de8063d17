import { Rejection } from '../conditions.ts';
import type { TopicSpec } from '../resources.ts';

/** A topic as the broker has it. `config` contains the options that are set on the topic itself, without defaults. */
export interface ActualTopic {
  readonly topicId: string;
  readonly replicasByPartition: readonly number[];
  readonly config: Readonly<Record<string, string>>;
}

/** The change that makes a topic in Kafka as its resource says. */
export type TopicPlan =
  | {
      readonly kind: 'create';
      readonly partitions: number;
      readonly replicas: number;
      readonly config: Record<string, string>;
    }
  | { readonly kind: 'change'; readonly partitions?: number; readonly config?: Record<string, string> }
  | { readonly kind: 'nothing' };

/** Kafka's value for the broker's default. */
const BROKER_DEFAULT = -1;

/** Compares a topic with its resource. @throws Rejection for a change that Kafka does not support */
export function planTopic(spec: TopicSpec, actual: ActualTopic | undefined): TopicPlan {
  const config = Object.fromEntries(Object.entries(spec.config ?? {}).map(([key, value]) => [key, String(value)]));
  if (actual === undefined) {
    return {
      kind: 'create',
      partitions: spec.partitions ?? BROKER_DEFAULT,
      replicas: spec.replicas ?? BROKER_DEFAULT,
      config,
    };
  }

  const partitions = actual.replicasByPartition.length;
  if (spec.partitions !== undefined && spec.partitions < partitions) {
    throw new Rejection('NotSupported', 'Decreasing partitions not supported');
  }
  const wrong = actual.replicasByPartition.flatMap((count, partition) =>
    spec.replicas !== undefined && spec.replicas !== count ? [partition] : [],
  );
  if (wrong.length > 0) {
    throw new Rejection(
      'NotSupported',
      `Replication factor change not supported, but required for partitions [${wrong.join(', ')}]`,
    );
  }

  const morePartitions = spec.partitions !== undefined && spec.partitions > partitions;
  const otherConfig = !sameEntries(config, actual.config);
  if (!morePartitions && !otherConfig) return { kind: 'nothing' };
  return {
    kind: 'change',
    ...(morePartitions && spec.partitions !== undefined ? { partitions: spec.partitions } : {}),
    ...(otherConfig ? { config } : {}),
  };
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
