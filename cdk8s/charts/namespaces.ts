import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';

/** Kubernetes admits only pods that could not do harm to their node. */
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' } as const;

/**
 * The namespaces of our services. Sidecars are injected where at least one service is part of the mesh. istio-cni redirects
 * their traffic, since an init container would need capabilities.
 */
export class NamespacesChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology) {
    super(scope, id);
    const services = Object.values(workloadsOf(topology));
    const inMesh = new Set(services.filter(({ external }) => !external).map(({ namespace }) => namespace));
    for (const name of new Set(services.map(({ namespace }) => namespace))) {
      const injection = inMesh.has(name) ? 'enabled' : 'disabled';
      new k8s.KubeNamespace(this, `namespace-${name}`, {
        metadata: { name, labels: { 'istio-injection': injection, ...RESTRICTED } },
      });
    }
  }
}
