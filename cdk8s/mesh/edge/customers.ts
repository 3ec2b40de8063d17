import type { AuthorizationPolicySpec, RequestAuthenticationSpec } from '../../imports/security.istio.io.ts';
import type { Edge, Tokens } from '../../model/environment.ts';
import { methodOf, syncInteractions } from '../../model/interactions.ts';
import { type Access, GATEWAY, ROLES, type Topology } from '../../model/topology.ts';
import { INGRESS_SELECTOR } from '../caller.ts';
import { PRINCIPAL_HEADER } from './headers.ts';

/** The name of both resources, which are in the gateway's namespace. */
export const CUSTOMERS = 'customers';

/** Where the gateway's filters find the customer of a request with a valid token: the filter's metadata, and the path there. */
export const CUSTOMER = { filter: 'envoy.filters.http.jwt_authn', path: ['payload', 'sub'] } as const;

interface Route {
  readonly path: string;
  readonly method: string;
  readonly access: Access | undefined;
}

/**
 * Which tokens the gateway accepts, and where: only in the header Authorization, since URLs are logged. A request with
 * any other token is refused. The token ends here; services get its verified payload.
 *
 * @returns without the issuer's keys, which the environment gives as `jwksUri` or as `jwks`
 */
export function requestAuthentication({ issuer, audience }: Tokens) {
  return {
    selector: { matchLabels: INGRESS_SELECTOR },
    jwtRules: [
      {
        issuer,
        audiences: [audience],
        fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }],
        outputPayloadToHeader: PRINCIPAL_HEADER,
      },
    ],
  } satisfies RequestAuthenticationSpec;
}

/**
 * Denies requests without a token everywhere, even on paths that do not exist, except on the routes for anyone; and
 * requests without the role on the routes that need one. It needs no RequestAuthentication to deny. Where plain HTTP is
 * redirected, that comes first.
 */
export function customerAuthorization(
  topology: Topology,
  { plainHttp }: Pick<Edge, 'plainHttp'>,
): AuthorizationPolicySpec {
  const routes = readRoutes(topology);
  const open = Map.groupBy(
    routes.filter(({ access }) => access === 'anyone'),
    ({ path }) => path,
  );
  const inTls = plainHttp === 'redirected' ? { notPorts: ['80'] } : {};
  const closed = [
    { operation: { ...(open.size > 0 && { notPaths: [...open.keys()] }), ...inTls } },
    ...[...open].map(([path, all]) => ({
      operation: { paths: [path], notMethods: all.map(({ method }) => method), ...inTls },
    })),
  ];
  const isEverything = Object.keys(closed[0]?.operation ?? {}).length === 0;
  return {
    selector: { matchLabels: INGRESS_SELECTOR },
    action: 'DENY',
    rules: [
      { from: [{ source: { notRequestPrincipals: ['*'] } }], ...(!isEverything && { to: closed }) },
      ...ROLES.flatMap((role) => {
        const to = routes
          .filter(({ access }) => access === role)
          .map(({ path, method }) => ({ operation: { paths: [path], methods: [method], ...inTls } }));
        return to.length > 0 ? [{ to, when: [{ key: 'request.auth.claims[roles]', notValues: [role] }] }] : [];
      }),
    ],
  };
}

function readRoutes(topology: Topology): Route[] {
  return syncInteractions(topology)
    .filter(({ caller }) => caller === GATEWAY)
    .flatMap(({ rpcs }) =>
      Object.values(rpcs).map((rpc) => ({ path: rpc.path, method: methodOf(rpc), access: rpc.access })),
    );
}
