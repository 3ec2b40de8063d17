import { analyse } from '../analysis/analyse.ts';
import type {
  DestinationRuleSpec,
  EnvoyFilterSpec,
  ServiceEntrySpec,
  SidecarSpec,
  VirtualServiceSpec,
} from '../imports/networking.istio.io.ts';
import { meshNamespaceOf } from '../model/addresses.ts';
import { type Edge, joinEdges } from '../model/dependencies.ts';
import { GATEWAY, type Model, type Replicas, type Topology } from '../model/model.ts';
import { SynthesisRefused } from '../model/problem.ts';
import { MESH_ROOT_NAMESPACE } from './caller.ts';
import { toDestinationRule } from './destination-rule.ts';
import { toEjectionFilter } from './ejection-filter.ts';
import { toServiceEntry } from './service-entry.ts';
import { toSidecar } from './sidecar.ts';
import { toGatewayVirtualService, toMeshVirtualService } from './virtual-service.ts';

export interface Named<Spec> {
  readonly name: string;
  readonly namespace: string;
  readonly spec: Spec;
}

/** All that topology and policies mean in Istio's terms. */
export interface MeshPlan {
  readonly serviceEntries: readonly Named<ServiceEntrySpec>[];
  readonly virtualServices: readonly Named<VirtualServiceSpec>[];
  readonly destinationRules: readonly Named<DestinationRuleSpec>[];
  readonly envoyFilters: readonly Named<EnvoyFilterSpec>[];
  readonly sidecars: readonly Named<SidecarSpec>[];
}

/**
 * Analyses the policies, then maps them.
 *
 * @param replicas pods of each service, in every environment that the plan must hold for
 * @throws SynthesisRefused with every problem found, before anything is mapped
 */
export function planMesh(model: Model, replicas: readonly Replicas[]): MeshPlan {
  const problems = analyse(model, replicas);
  if (problems.length > 0) throw new SynthesisRefused(problems);

  const { topology, policies } = model;
  const edges = joinEdges(topology, policies);
  const byCallee = Object.groupBy(edges, ({ callee }) => callee);
  const byCaller = Object.groupBy(edges, ({ caller }) => caller);
  const services = Object.entries(topology.services).map(([name, service]) => ({
    name,
    service,
    namespace: meshNamespaceOf(service),
    edges: byCallee[name] ?? [],
  }));
  return {
    serviceEntries: services.flatMap(({ name, namespace, service }) =>
      service.external ? [{ name, namespace, spec: toServiceEntry(name, service) }] : [],
    ),
    virtualServices: services.flatMap(virtualServicesOf),
    destinationRules: services.flatMap((callee) => destinationRulesOf(callee, topology)),
    envoyFilters: edges.flatMap((edge) => envoyFilterOf(edge, topology)),
    sidecars: services
      .filter(({ service }) => !service.external)
      .map(({ name, namespace }) => ({ name, namespace, spec: toSidecar(name, byCaller[name] ?? []) })),
  };
}

interface Callee {
  readonly name: string;
  readonly namespace: string;
  readonly edges: readonly Edge[];
}

function virtualServicesOf({ name, namespace, edges }: Callee): Named<VirtualServiceSpec>[] {
  const fromGateway = edges.filter(isFromGateway);
  const fromMesh = edges.filter((edge) => !isFromGateway(edge));
  const inMesh = fromMesh.length > 0 ? [{ name, namespace, spec: toMeshVirtualService(fromMesh) }] : [];
  const atGateway = { name: inMesh.length > 0 ? `${name}-gateway` : name, namespace };
  return fromGateway.length > 0 ? [...inMesh, { ...atGateway, spec: toGatewayVirtualService(fromGateway) }] : inMesh;
}

/** The first rule stands beside the callee, without a selector; each further caller has one of its own. The gateway comes first. */
function destinationRulesOf({ name, namespace, edges }: Callee, topology: Topology): Named<DestinationRuleSpec>[] {
  const [first, ...others] = edges.toSorted((a, b) => Number(isFromGateway(b)) - Number(isFromGateway(a)));
  if (!first) return [];
  return [
    { name, namespace, spec: toDestinationRule(first, false) },
    ...others.map((edge) => ({
      name: `${name}-from-${edge.caller}`,
      namespace: namespaceOfCaller(edge, topology),
      spec: toDestinationRule(edge, true),
    })),
  ];
}

function envoyFilterOf(edge: Edge, topology: Topology): Named<EnvoyFilterSpec>[] {
  const { caller, callee, policy } = edge;
  if (policy.breaker.kind === 'none') return [];
  const name = `${callee}-from-${caller}-ejection`;
  return [{ name, namespace: namespaceOfCaller(edge, topology), spec: toEjectionFilter(edge, policy.breaker) }];
}

/** Where what selects a caller must stand: a selector reaches only pods of its own namespace. */
function namespaceOfCaller({ caller }: Edge, { services }: Topology): string {
  return services[caller]?.namespace ?? MESH_ROOT_NAMESPACE;
}

function isFromGateway({ caller }: Edge): boolean {
  return caller === GATEWAY;
}
