import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { podsOf } from '../model/dependencies.ts';
import { type Environment, SURGE_PODS } from '../model/environment.ts';
import { isCritical } from '../model/interactions.ts';
import type { Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';
import { KAFKA } from './platform.ts';

/** Room for pods that are scaled up by hand, and for those that still terminate. */
const FACTOR = 2;
/** Strimzi's operators, which the environment does not size, and a few commands at once. */
const OTHERS = { pods: 8, cpuMilli: 1_000, memoryMi: 2_048 } as const;
/** What a container requests that says nothing, such as a command's. */
const UNSTATED = { cpu: '10m', memory: '64Mi' } as const;

interface Need {
  readonly pods: number;
  readonly cpuMilli: number;
  readonly memoryMi: number;
}

/** What all pods of a namespace may request together, so that a defect in one cannot take the nodes of others. */
export class QuotasChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology, environment: Environment) {
    super(scope, id);
    const namespaces = new Set(Object.values(workloadsOf(topology)).map(({ namespace }) => namespace));
    for (const namespace of namespaces) {
      const { pods, cpuMilli, memoryMi } = needOf(namespace, topology, environment);
      new k8s.KubeResourceQuota(this, `quota-${namespace}`, {
        metadata: { name: 'requests', namespace },
        spec: {
          hard: {
            pods: k8s.Quantity.fromNumber(FACTOR * pods),
            'requests.cpu': k8s.Quantity.fromString(`${FACTOR * cpuMilli}m`),
            'requests.memory': k8s.Quantity.fromString(`${FACTOR * memoryMi}Mi`),
            'services.nodeports': k8s.Quantity.fromNumber(0),
            'services.loadbalancers': k8s.Quantity.fromNumber(0),
          },
        },
      });
      const defaultRequest = Object.fromEntries(
        Object.entries(UNSTATED).map(([resource, amount]) => [resource, k8s.Quantity.fromString(amount)]),
      );
      new k8s.KubeLimitRange(this, `limits-${namespace}`, {
        metadata: { name: 'requests', namespace },
        spec: { limits: [{ type: 'Container', defaultRequest }] },
      });
    }
  }
}

/** What the namespace requests in a rollout of everything at once. */
function needOf(namespace: string, topology: Topology, { replicas, service, sidecar, kafka }: Environment): Need {
  const services = Object.entries(workloadsOf(topology)).filter(([, { namespace: own }]) => own === namespace);
  const needs = services.map(([name, { external }]): Need => {
    const pods = podsOf(name, replicas) + SURGE_PODS;
    const cpuMilli = isCritical(name, topology) ? service.criticalCpuRequestMilli : service.cpuRequestMilli;
    const ofSidecar = external ? { cpuRequestMilli: 0, memoryRequestMi: 0 } : sidecar;
    return {
      pods,
      cpuMilli: pods * (cpuMilli + ofSidecar.cpuRequestMilli),
      memoryMi: pods * (service.memoryRequestMi + ofSidecar.memoryRequestMi),
    };
  });
  const { brokers, cpuRequestMilli, memoryMi } = kafka;
  const ofKafka = { pods: brokers, cpuMilli: brokers * cpuRequestMilli, memoryMi: brokers * memoryMi };
  const others = namespace === KAFKA.namespace ? [ofKafka, OTHERS] : [];
  return [...needs, ...others].reduce((sum, need) => ({
    pods: sum.pods + need.pods,
    cpuMilli: sum.cpuMilli + need.cpuMilli,
    memoryMi: sum.memoryMi + need.memoryMi,
  }));
}
