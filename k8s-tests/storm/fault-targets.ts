import { dependencyStates } from './states/dependency-states.ts';
import type { DependencyState } from './states/state.ts';

/**
 * The targets of faults: every process that can fail alone, every link that can be cut, and every dependency that can
 * answer without being of use.
 */

/** A container, or one program in it. */
export interface ProcessTarget {
  readonly kind: 'process';
  readonly name: string;
  /** The families take turns, so that each is tested, even if another has more targets. */
  readonly family: 'service' | 'sidecar' | 'istiod' | 'broker' | 'postgres';
  readonly namespace: string;
  readonly labels: string;
  readonly container: string;
  /** The program's name in /proc/pid/comm. Unset: all processes of the container. */
  readonly program?: string;
}

/** The connections from a caller's pods to those behind a Service. */
export interface LinkTarget {
  readonly kind: 'link';
  readonly name: string;
  readonly family: 'link';
  readonly from: { readonly namespace: string; readonly labels: string };
  readonly to: { readonly namespace: string; readonly service: string };
  /** Targets that must run for traffic on this link, because a cut that drops no packet tests nothing. */
  readonly needs: readonly string[];
}

export type FaultTarget = ProcessTarget | LinkTarget | DependencyState;

const services = [
  'orders',
  'orders-worker',
  'inventory',
  'payments',
  'fulfillment',
  'notifications',
  'analytics',
] as const;
/** The services whose sidecars carry calls of the shop. */
const meshed = ['orders', 'orders-worker', 'inventory', 'payments'] as const;

const brokerLabels = 'strimzi.io/cluster=events,strimzi.io/kind=Kafka,strimzi.io/broker-role=true';

/** @param needs in addition to the caller */
const link = (
  from: string,
  namespace: string,
  service: string,
  name: string,
  needs: readonly string[],
): LinkTarget => ({
  kind: 'link',
  name: `${from}|${name}`,
  family: 'link',
  from: { namespace: 'shop', labels: `app=${from}` },
  to: { namespace, service },
  needs: [from, `${from}'s sidecar`, ...needs],
});

export const targets: readonly FaultTarget[] = [
  ...services.map(
    (name) =>
      ({
        kind: 'process',
        name,
        family: 'service',
        namespace: 'shop',
        labels: `app=${name}`,
        container: name,
      }) as const,
  ),
  ...meshed.map(
    (name) =>
      ({
        kind: 'process',
        name: `${name}'s sidecar`,
        family: 'sidecar',
        namespace: 'shop',
        labels: `app=${name}`,
        container: 'istio-proxy',
        program: 'envoy',
      }) as const,
  ),
  {
    kind: 'process',
    name: 'istiod',
    family: 'istiod',
    namespace: 'istio-system',
    labels: 'app=istiod',
    container: 'discovery',
  },
  { kind: 'process', name: 'broker', family: 'broker', namespace: 'shop', labels: brokerLabels, container: 'kafka' },
  {
    kind: 'process',
    name: 'postgres',
    family: 'postgres',
    namespace: 'postgres',
    labels: 'app=postgres',
    container: 'postgres',
  },
  link('orders-worker', 'shop', 'events-kafka-bootstrap', 'kafka', ['broker']),
  link('orders', 'postgres', 'postgres', 'postgres', ['postgres']),
  link('payments', 'partner', 'acquirer', 'acquirer', ['orders', "orders's sidecar", 'orders|postgres', 'postgres']),
  ...dependencyStates,
];
