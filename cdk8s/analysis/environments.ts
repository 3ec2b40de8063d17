import type { Environment } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import { checkFraction, checkWhole, prefix } from './numbers.ts';

/** What the rules below read of an environment; `replicas` and `database` have rules of their own. */
type Sized = Pick<Environment, 'replicas' | 'maxUnavailable' | 'samplingPercent' | 'service' | 'sidecar' | 'kafka'>;

/**
 * The numbers of every environment are in range, and fit each other: Kubernetes rejects a request above its limit, and
 * Kafka writes nothing with more copies than brokers, or with fewer copies in sync than it waits for.
 */
export function environmentsFit(environments: Readonly<Record<string, Sized>>): Problem[] {
  return Object.entries(environments).flatMap(([name, environment]) => {
    const subject = `environments.${name}`;
    const numbers = numbersOf(subject, environment);
    return numbers.length > 0
      ? numbers
      : [
          ...requestsFitLimits(subject, environment),
          ...criticalComesFirst(subject, environment),
          ...evictionsLeavePods(subject, environment),
          ...kafkaFits(subject, environment.kafka),
        ];
  });
}

function numbersOf(subject: string, { maxUnavailable, samplingPercent, service, sidecar, kafka }: Sized): Problem[] {
  return [
    ...checkWhole(subject, {
      maxUnavailable,
      ...prefix('service', service),
      ...prefix('sidecar', sidecar),
      ...prefix('kafka', kafka),
    }),
    ...checkFraction(subject, 'samplingPercent', samplingPercent),
  ];
}

function requestsFitLimits(subject: string, { service, sidecar }: Sized): Problem[] {
  return Object.entries({ service, sidecar })
    .filter(([, { memoryRequestMi, memoryLimitMi }]) => memoryRequestMi > memoryLimitMi)
    .map(([container, { memoryRequestMi, memoryLimitMi }]) => ({
      subject,
      value: `${container}.memoryRequestMi = ${memoryRequestMi}`,
      rule: 'requests-fit-limits',
      message: `Kubernetes rejects a request above its limit: use at most ${memoryLimitMi}, or raise memoryLimitMi.`,
    }));
}

/** A node that is short of CPU divides it by the requests. */
function criticalComesFirst(subject: string, { service }: Sized): Problem[] {
  const { cpuRequestMilli: others, criticalCpuRequestMilli: critical } = service;
  if (critical >= others) return [];
  const message = `critical services would get less than the others: use at least ${others}.`;
  return [{ subject, value: `service.criticalCpuRequestMilli = ${critical}`, rule: 'critical-comes-first', message }];
}

/** A disruption budget of all pods of a service bounds nothing. A single pod has none, or no node could be drained. */
function evictionsLeavePods(subject: string, { replicas: { each, of = {} }, maxUnavailable }: Sized): Problem[] {
  const fewest = Math.min(...[each, ...Object.values(of)].filter((pods) => pods > 1));
  if (!(maxUnavailable >= fewest)) return [];
  const message = `a service with ${fewest} pods could lose all of them at once: use at most ${fewest - 1}.`;
  return [{ subject, value: `maxUnavailable = ${maxUnavailable}`, rule: 'evictions-leave-pods', message }];
}

function kafkaFits(subject: string, kafka: Environment['kafka']): Problem[] {
  const { brokers, replication, minInSync, heapMi, memoryMi } = kafka;
  const problem = (field: keyof typeof kafka, rule: string, message: string): Problem[] => [
    { subject, value: `kafka.${field} = ${kafka[field]}`, rule, message },
  ];
  const mostInSync = Math.max(1, replication - 1);
  return [
    ...(replication > brokers
      ? problem(
          'replication',
          'replication-fits-brokers',
          `each copy needs a broker of its own, so no topic can be created: use at most ${brokers}.`,
        )
      : []),
    ...(brokers === 2
      ? problem(
          'brokers',
          'brokers-outvote-one',
          'each is a controller, too, and one of two is no majority: with one down, nothing can be changed. Use 1 or 3.',
        )
      : []),
    ...(minInSync > mostInSync
      ? problem(
          'minInSync',
          'in-sync-fits-replication',
          `with ${replication} copies, one broker that is down stops every write: use at most ${mostInSync}.`,
        )
      : []),
    ...(heapMi >= memoryMi
      ? problem(
          'heapMi',
          'heap-fits-memory',
          `the JVM also needs memory outside of its heap, and is killed at ${memoryMi} Mi: use less than ${memoryMi}.`,
        )
      : []),
  ];
}
