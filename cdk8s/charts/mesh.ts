import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { DestinationRule, EnvoyFilter, ServiceEntry, Sidecar, VirtualService } from '../imports/networking.istio.io.ts';
import { AuthorizationPolicy } from '../imports/security.istio.io.ts';
import type { MeshPlan } from '../mesh/plan.ts';

/** What the mesh does about calls, and whose it takes: the plan's resources. */
export class MeshChart extends Chart {
  constructor(scope: Construct, id: string, plan: MeshPlan) {
    super(scope, id);
    for (const { name, namespace, spec } of plan.serviceEntries) {
      new ServiceEntry(this, `service-entry-${name}`, { metadata: { name, namespace }, spec });
    }
    for (const { name, namespace, spec } of plan.virtualServices) {
      new VirtualService(this, `virtual-service-${name}`, { metadata: { name, namespace }, spec });
    }
    for (const { name, namespace, spec } of plan.destinationRules) {
      new DestinationRule(this, `destination-rule-${name}`, { metadata: { name, namespace }, spec });
    }
    for (const { name, namespace, spec } of plan.envoyFilters) {
      new EnvoyFilter(this, `envoy-filter-${name}`, { metadata: { name, namespace }, spec });
    }
    for (const { name, namespace, spec } of plan.sidecars) {
      new Sidecar(this, `sidecar-${name}`, { metadata: { name, namespace }, spec });
    }
    for (const { name, namespace, spec } of plan.authorizationPolicies) {
      new AuthorizationPolicy(this, `authorization-${name}`, { metadata: { name, namespace }, spec });
    }
  }
}
