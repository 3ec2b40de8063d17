import { analyze } from '../analysis/analyze.ts';
import type {
  DestinationRuleSpec,
  EnvoyFilterSpec,
  ServiceEntrySpec,
  SidecarSpec,
  VirtualServiceSpec,
} from '../imports/networking.istio.io.ts';
import type { AuthorizationPolicySpec } from '../imports/security.istio.io.ts';
import { meshNamespaceOf } from '../model/addresses.ts';
import { type Dependency, joinDependencies } from '../model/dependencies.ts';
import type { Replicas } from '../model/environment.ts';
import type { Model } from '../model/model.ts';
import { SynthesisRejected } from '../model/problem.ts';
import { GATEWAY, type Topology } from '../model/topology.ts';
import { toAuthorizationPolicy } from './authorization.ts';
import { accountOf } from './caller.ts';
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
  readonly authorizationPolicies: readonly Named<AuthorizationPolicySpec>[];
}

/**
 * Analyzes the policies, then maps them.
 *
 * @param replicas pods of each service, in every environment that the plan must hold for
 * @throws SynthesisRejected with every problem found, before anything is mapped
 */
export function planMesh(model: Model, replicas: readonly Replicas[]): MeshPlan {
  const problems = analyze(model, replicas);
  if (problems.length > 0) throw new SynthesisRejected(problems);

  const { topology, policies } = model;
  const dependencies = joinDependencies(topology, policies);
  const byCallee = Object.groupBy(dependencies, ({ callee }) => callee);
  const byCaller = Object.groupBy(dependencies, ({ caller }) => caller);
  const services = Object.entries(topology.services).map(([name, service]) => ({
    name,
    service,
    namespace: meshNamespaceOf(service),
    dependencies: byCallee[name] ?? [],
  }));
  const inMesh = services.filter(({ service }) => !service.external);
  return {
    serviceEntries: services.flatMap(({ name, namespace, service, dependencies }) =>
      service.external
        ? [{ name, namespace, spec: toServiceEntry(name, service, namespacesOfCallers(dependencies, topology)) }]
        : [],
    ),
    virtualServices: services.flatMap((callee) => virtualServicesOf(callee, topology)),
    destinationRules: services.flatMap((callee) => destinationRulesOf(callee, topology)),
    envoyFilters: dependencies.flatMap((dependency) => envoyFilterOf(dependency, topology)),
    sidecars: inMesh.map(({ name, namespace }) => ({ name, namespace, spec: toSidecar(name, byCaller[name] ?? []) })),
    authorizationPolicies: inMesh.map(({ name, namespace, service, dependencies }) => ({
      name,
      namespace,
      spec: toAuthorizationPolicy(name, service, dependencies, topology),
    })),
  };
}

interface Callee {
  readonly name: string;
  readonly namespace: string;
  readonly dependencies: readonly Dependency[];
}

function virtualServicesOf({ name, namespace, dependencies }: Callee, topology: Topology): Named<VirtualServiceSpec>[] {
  const fromGateway = dependencies.filter(isFromGateway);
  const fromMesh = dependencies.filter((dependency) => !isFromGateway(dependency));
  const specOf = (map: typeof toMeshVirtualService, callers: Dependency[]) =>
    map(callers, namespacesOfCallers(callers, topology));
  const inMesh = fromMesh.length > 0 ? [{ name, namespace, spec: specOf(toMeshVirtualService, fromMesh) }] : [];
  if (fromGateway.length === 0) return inMesh;
  const atGateway = { name: inMesh.length > 0 ? `${name}-gateway` : name, namespace };
  return [...inMesh, { ...atGateway, spec: specOf(toGatewayVirtualService, fromGateway) }];
}

/**
 * The first rule is in the namespace of the callee's resources and has no selector. Each further caller has
 * a rule of its own. The gateway comes first.
 */
function destinationRulesOf(
  { name, namespace, dependencies }: Callee,
  topology: Topology,
): Named<DestinationRuleSpec>[] {
  const [first, ...others] = dependencies.toSorted((a, b) => Number(isFromGateway(b)) - Number(isFromGateway(a)));
  if (!first) return [];
  return [
    { name, namespace, spec: toDestinationRule(first, false, namespacesOfCallers(dependencies, topology)) },
    ...others.map((dependency) => ({
      name: `${name}-from-${dependency.caller}`,
      namespace: namespaceOfCaller(dependency, topology),
      spec: toDestinationRule(dependency, true, namespacesOfCallers([dependency], topology)),
    })),
  ];
}

function envoyFilterOf(dependency: Dependency, topology: Topology): Named<EnvoyFilterSpec>[] {
  const { caller, callee, policy } = dependency;
  if (policy.breaker.kind === 'none') return [];
  const name = `${callee}-from-${caller}-ejection`;
  return [
    { name, namespace: namespaceOfCaller(dependency, topology), spec: toEjectionFilter(dependency, policy.breaker) },
  ];
}

/** The namespace of a resource that selects a caller: a selector reaches only pods of its own namespace. */
function namespaceOfCaller({ caller }: Dependency, topology: Topology): string {
  return accountOf(caller, topology).namespace;
}

/** Only there do proxies learn of a resource. That is no boundary: the callee's AuthorizationPolicy is. */
function namespacesOfCallers(dependencies: readonly Dependency[], topology: Topology): string[] {
  return [...new Set(dependencies.map((dependency) => namespaceOfCaller(dependency, topology)))];
}

function isFromGateway({ caller }: Dependency): boolean {
  return caller === GATEWAY;
}
