import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { EnvoyFilter, type EnvoyFilterSpec, Gateway, type GatewaySpecServers } from '../imports/networking.istio.io.ts';
import { AuthorizationPolicy, RequestAuthentication } from '../imports/security.istio.io.ts';
import { INGRESS_SELECTOR, MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { CUSTOMERS, customerAuthorization, requestAuthentication } from '../mesh/edge/customers.ts';
import { gatewayHeaderFilter } from '../mesh/edge/headers.ts';
import { gatewayLimitFilter } from '../mesh/edge/limits.ts';
import { gatewayProblemFilter, serviceProblemFilter } from '../mesh/edge/problems.ts';
import { rateLimitFilter } from '../mesh/edge/rate-limits.ts';
import { responseHeaderFilter } from '../mesh/edge/response-headers.ts';
import { GATEWAY_RESOURCE } from '../mesh/virtual-service.ts';
import { EDGE_CERTIFICATE, meshNamespaceOf } from '../model/addresses.ts';
import { type Edge, type Environment, MADE_IN_CLUSTER, type Tokens } from '../model/environment.ts';
import { syncInteractions } from '../model/interactions.ts';
import { GATEWAY, type Topology } from '../model/topology.ts';

/** On the policy of customers: the spec of the RequestAuthentication that a cluster's own key completes, as JSON. */
const AUTHENTICATION_ANNOTATION = 'windlass.example/request-authentication';

/** The entry to the mesh: what it takes from strangers, and how it answers them itself. */
export class GatewayChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    topology: Topology,
    { tokens, edge }: Pick<Environment, 'tokens' | 'edge'>,
  ) {
    super(scope, id);
    const callees = syncInteractions(topology).flatMap(({ caller, callee }) => {
      const service = topology.services[callee];
      return caller === GATEWAY && service ? [{ name: callee, service, namespace: meshNamespaceOf(service) }] : [];
    });
    const namespaces = [...new Set(callees.map(({ namespace }) => namespace))];
    if (namespaces.length > 0) {
      new Gateway(this, 'gateway', {
        metadata: GATEWAY_RESOURCE,
        spec: { selector: INGRESS_SELECTOR, servers: serversOf(edge, namespaces) },
      });
    }
    this.addCustomers(topology, tokens, edge);
    this.addFilter('edge-headers', MESH_ROOT_NAMESPACE, gatewayHeaderFilter);
    this.addFilter('edge-limits', MESH_ROOT_NAMESPACE, gatewayLimitFilter);
    this.addFilter('edge-rate-limits', MESH_ROOT_NAMESPACE, rateLimitFilter(edge));
    this.addFilter('edge-response-headers', MESH_ROOT_NAMESPACE, responseHeaderFilter);
    this.addFilter('edge-problems', MESH_ROOT_NAMESPACE, gatewayProblemFilter);
    for (const { name, service, namespace } of callees) {
      if (service.serves === 'http') this.addFilter(`${name}-problems`, namespace, serviceProblemFilter(name));
    }
  }

  /** A key that is made in the cluster is unknown here: the policy says what `make credentials` makes of it. */
  private addCustomers(topology: Topology, tokens: Tokens, edge: Edge): void {
    const authentication = requestAuthentication(tokens);
    const isMade = tokens.jwksUri === MADE_IN_CLUSTER;
    const metadata = { name: CUSTOMERS, namespace: MESH_ROOT_NAMESPACE };
    const annotations = { [AUTHENTICATION_ANNOTATION]: JSON.stringify(authentication) };
    new AuthorizationPolicy(this, 'customers', {
      metadata: { ...metadata, ...(isMade && { annotations }) },
      spec: customerAuthorization(topology, edge),
    });
    if (isMade) return;
    const jwtRules = authentication.jwtRules.map((rule) => ({ ...rule, jwksUri: tokens.jwksUri }));
    new RequestAuthentication(this, 'tokens', { metadata, spec: { ...authentication, jwtRules } });
  }

  private addFilter(name: string, namespace: string, spec: EnvoyFilterSpec): void {
    new EnvoyFilter(this, name, { metadata: { name, namespace }, spec });
  }
}

/** Routes of other namespaces are not taken. */
function serversOf({ hosts, plainHttp }: Edge, namespaces: readonly string[]): GatewaySpecServers[] {
  const routes = namespaces.flatMap((namespace) => hosts.map((host) => `${namespace}/${host}`));
  return [
    {
      port: { name: 'http', number: 80, protocol: 'HTTP' },
      hosts: routes,
      ...(plainHttp === 'redirected' && { tls: { httpsRedirect: true } }),
    },
    {
      port: { name: 'https', number: 443, protocol: 'HTTPS' },
      hosts: routes,
      tls: {
        mode: 'SIMPLE',
        credentialName: EDGE_CERTIFICATE.name,
        minProtocolVersion: 'TLSV1_2',
      },
    },
  ];
}
