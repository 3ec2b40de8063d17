import { type Environment, MADE_IN_CLUSTER } from '../model/environment.ts';
import { dependencyId, syncInteractions } from '../model/interactions.ts';
import type { Problem } from '../model/problem.ts';
import { GATEWAY, ROLES, type Rpc, type Topology } from '../model/topology.ts';

interface Call {
  readonly subject: string;
  readonly isRoute: boolean;
  readonly rpc: Rpc;
}

function readCalls(topology: Topology): Call[] {
  return syncInteractions(topology).flatMap((interaction) =>
    Object.entries(interaction.rpcs).map(([name, rpc]) => ({
      subject: `${dependencyId(interaction)}.${name}`,
      isRoute: interaction.caller === GATEWAY,
      rpc,
    })),
  );
}

/** Each route of the gateway states who may call it, and no other call does: tokens end at the gateway. */
export function accessStated(topology: Topology): Problem[] {
  const rule = 'access-stated';
  const right = `use anyone, customer, ${ROLES.join(' or ')}`;
  return readCalls(topology).flatMap(({ subject, isRoute, rpc: { access } }) => {
    if (!isRoute) {
      const message =
        'no customer makes this call: the route of the gateway that leads to it states access. Remove it.';
      return access === undefined ? [] : [{ subject, value: `access = ${access}`, rule, message }];
    }
    if (access === undefined) {
      return [{ subject, value: 'access = none', rule, message: `nothing says who may call this route: ${right}.` }];
    }
    const isKnown = access === 'anyone' || access === 'customer' || ROLES.includes(access);
    return isKnown ? [] : [{ subject, value: `access = ${access}`, rule, message: `no such access: ${right}.` }];
  });
}

/**
 * The gateway compares the paths of such routes with those of requests. A pattern would have to match exactly the
 * requests that the route takes, or a request that one of both takes differently would evade the policy.
 */
export function accessEnforceable(topology: Topology): Problem[] {
  return readCalls(topology).flatMap(({ subject, isRoute, rpc: { access, path } }) => {
    if (!isRoute || access === undefined || access === 'customer' || !path.includes('{')) return [];
    const message = 'only the service can decide this for a path with {names}: use customer, or a path without.';
    return [{ subject, value: `access = ${access}`, rule: 'access-enforceable', message }];
  });
}

/** Every environment names one issuer whose keys only that issuer has. */
export function tokensFit(environments: Readonly<Record<string, Pick<Environment, 'tokens' | 'faults'>>>): Problem[] {
  const rule = 'tokens-fit';
  return Object.entries(environments).flatMap(([name, { tokens, faults }]) => {
    const problem = (field: keyof typeof tokens, message: string): Problem => ({
      subject: `environments.${name}`,
      value: `tokens.${field} = ${tokens[field]}`,
      rule,
      message,
    });
    const isMade = tokens.jwksUri === MADE_IN_CLUSTER;
    const names = (['issuer', 'audience'] as const).filter((field) => !/^[\x21-\x7e]{1,255}$/.test(tokens[field]));
    return [
      ...names.map((field) => problem(field, 'use 1 to 255 printable ASCII characters without spaces.')),
      ...(isMade && faults === 'off'
        ? [problem('jwksUri', 'anyone who reads its Secret could sign tokens: use the https URL of an issuer.')]
        : []),
      ...(!isMade && !isPublicUrl(tokens.jwksUri)
        ? [problem('jwksUri', `use an https URL without a user or password, or ${MADE_IN_CLUSTER} for tests.`)]
        : []),
    ];
  });
}

/** Public keys need no password, which the manifests would show. */
function isPublicUrl(text: string): boolean {
  const url = URL.parse(text);
  // A URL that is written otherwise is one that the parser has mended, and istiod's may not.
  if (url === null || ![text, `${text}/`].includes(url.href)) return false;
  return url.protocol === 'https:' && url.username === '' && url.password === '' && url.port !== '0';
}
