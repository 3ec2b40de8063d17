import type { AuthorizationPolicySpec, AuthorizationPolicySpecRules } from '../imports/security.istio.io.ts';
import { PORTS, portOf } from '../model/addresses.ts';
import type { Dependency } from '../model/dependencies.ts';
import { methodOf } from '../model/interactions.ts';
import type { Rpc, Service, Topology } from '../model/topology.ts';
import { accountOf, MONITORING_ACCOUNT, type ServiceAccount } from './caller.ts';

/** The mesh's default: no caller may do anything. It allows nothing because it has no rule. */
export const allowNothing: AuthorizationPolicySpec = {};

/** Anyone may reach the gateway, which is the door for strangers. */
export const allowAnyone: AuthorizationPolicySpec = { rules: [{}] };

/**
 * Who may call a service: for each dependency its caller, by the identity in its certificate, and exactly the RPCs that
 * the topology states; and monitoring, which reads the metrics. Istio reads `cluster.local` as the mesh's own trust
 * domain.
 *
 * @param dependencies those on which the service is the callee
 */
export function toAuthorizationPolicy(
  name: string,
  service: Service,
  dependencies: readonly Dependency[],
  topology: Topology,
): AuthorizationPolicySpec {
  return {
    selector: { matchLabels: { app: name } },
    action: 'ALLOW',
    rules: [
      ...dependencies.map(({ caller, rpcs }) =>
        allow(
          accountOf(caller, topology),
          rpcs.map(({ rpc }) => ({
            ports: [String(portOf(name, service))],
            methods: [methodOf(rpc)],
            paths: [toTemplate(rpc)],
          })),
        ),
      ),
      // A port that is in no Service: proxies take its traffic for TCP, where no rule with a path can match.
      allow(MONITORING_ACCOUNT, [{ ports: [String(PORTS.metrics)] }]),
    ],
  };
}

interface Operation {
  readonly ports: string[];
  readonly methods?: string[];
  readonly paths?: string[];
}

function allow(account: ServiceAccount, operations: readonly Operation[]): AuthorizationPolicySpecRules {
  return {
    from: [{ source: { principals: [principalOf(account)] } }],
    to: operations.map((operation) => ({ operation })),
  };
}

/** The identity in the certificate of a pod with that account, as policies write it. */
function principalOf({ namespace, name }: ServiceAccount): string {
  return `cluster.local/ns/${namespace}/sa/${name}`;
}

/** `{id}` is one segment of the path. */
function toTemplate({ path }: Rpc): string {
  return path.replaceAll(/\{\w+\}/g, '{*}');
}
