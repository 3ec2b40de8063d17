import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { AuthorizationPolicy, PeerAuthentication } from '../imports/security.istio.io.ts';
import { MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { PORTS } from '../model/addresses.ts';
import type { Topology } from '../model/topology.ts';
import { networkPolicies } from './network-policies.ts';
import { platformNetworkPolicies } from './platform-network-policies.ts';

/**
 * Every call between sidecars is mutual TLS, no client reaches an admin port through a sidecar, and below the mesh only
 * the topology's connections can be opened.
 */
export class SecurityChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology) {
    super(scope, id);
    new PeerAuthentication(this, 'strict-mtls', {
      metadata: { name: 'default', namespace: MESH_ROOT_NAMESPACE },
      spec: { mtls: { mode: 'STRICT' } },
    });
    new AuthorizationPolicy(this, 'deny-admin', {
      metadata: { name: 'deny-admin', namespace: MESH_ROOT_NAMESPACE },
      spec: { action: 'DENY', rules: [{ to: [{ operation: { ports: [String(PORTS.admin)] } }] }] },
    });
    for (const { name, namespace, spec } of [...networkPolicies(topology), ...platformNetworkPolicies(topology)]) {
      new k8s.KubeNetworkPolicy(this, `network-policy-${namespace}-${name}`, { metadata: { name, namespace }, spec });
    }
  }
}
