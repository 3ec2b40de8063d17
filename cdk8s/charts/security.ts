import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { Sidecar } from '../imports/networking.istio.io.ts';
import { AuthorizationPolicy, PeerAuthentication } from '../imports/security.istio.io.ts';
import { allowAnyone, allowNothing } from '../mesh/authorization.ts';
import { INGRESS_SELECTOR, MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { defaultSidecar } from '../mesh/sidecar.ts';
import { PORTS } from '../model/addresses.ts';
import type { Environment } from '../model/environment.ts';
import type { Topology } from '../model/topology.ts';
import { networkPolicies } from './network-policies.ts';
import { platformNetworkPolicies } from './platform-network-policies.ts';

/**
 * The mesh's defaults: every call between sidecars is mutual TLS, and no call is allowed. The plan's policies allow
 * what the topology states. No policy opens an admin port, not even one of others that allows everything. Below the mesh
 * only the topology's connections can be opened.
 */
export class SecurityChart extends Chart {
  constructor(scope: Construct, id: string, topology: Topology, environment: Pick<Environment, 'postgres' | 'faults'>) {
    super(scope, id);
    new PeerAuthentication(this, 'strict-mtls', {
      metadata: { name: 'default', namespace: MESH_ROOT_NAMESPACE },
      spec: { mtls: { mode: 'STRICT' } },
    });
    new AuthorizationPolicy(this, 'allow-nothing', {
      metadata: { name: 'allow-nothing', namespace: MESH_ROOT_NAMESPACE },
      spec: allowNothing,
    });
    new AuthorizationPolicy(this, 'ingressgateway', {
      metadata: { name: 'ingressgateway', namespace: MESH_ROOT_NAMESPACE },
      spec: { selector: { matchLabels: INGRESS_SELECTOR }, ...allowAnyone },
    });
    new Sidecar(this, 'own-namespace', {
      metadata: { name: 'default', namespace: MESH_ROOT_NAMESPACE },
      spec: defaultSidecar,
    });
    new AuthorizationPolicy(this, 'deny-admin', {
      metadata: { name: 'deny-admin', namespace: MESH_ROOT_NAMESPACE },
      spec: { action: 'DENY', rules: [{ to: [{ operation: { ports: [String(PORTS.admin)] } }] }] },
    });
    const policies = [
      ...networkPolicies(topology, environment.postgres),
      ...platformNetworkPolicies(topology, environment),
    ];
    for (const { name, namespace, spec } of policies) {
      new k8s.KubeNetworkPolicy(this, `network-policy-${namespace}-${name}`, { metadata: { name, namespace }, spec });
    }
  }
}
