import { importPKCS8, SignJWT } from 'jose';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';
import { UserError } from '../settings.ts';
import { ALGORITHM, KEY_SECRET } from './customer-key.ts';
import { clusterStore } from './store.ts';

/** How long a token is valid: a working day. */
export const TOKEN_VALID = '12h';

/** The roles that a token may have; those of cdk8s/model/topology.ts. */
export const ROLES = ['support', 'analyst'] as const;

/** Who signs the tokens that this checkout's cluster accepts, with the private key in PEM. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly key: string;
}

interface RequestAuthentications {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string };
    readonly spec: { readonly jwtRules: readonly { readonly issuer: string; readonly audiences: readonly string[] }[] };
  }[];
}

/**
 * Reads from the cluster what signs its tokens.
 * @throws UserError if the cluster has no key, such as one that an issuer's keys are configured for
 */
export async function readTokenIssuer(): Promise<TokenIssuer> {
  const ours = ['-A', '-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)}`, '-o', 'json'];
  const { stdout } = await kubectl(['get', 'requestauthentications.security.istio.io', ...ours]);
  const [found] = (JSON.parse(stdout) as RequestAuthentications).items;
  const [rule] = found?.spec.jwtRules ?? [];
  const namespace = found?.metadata.namespace ?? '';
  const secret = found && (await clusterStore.read({ kind: 'Secret', namespace, name: KEY_SECRET.name }));
  const key = secret?.values[KEY_SECRET.field];
  if (!rule || !key) throw new UserError("the cluster has no key for customers' tokens: `make credentials` makes it");
  return { issuer: rule.issuer, audience: rule.audiences[0] ?? '', key };
}

/** What a token says. */
export interface TokenClaims {
  readonly customer: string;
  /** @default none */
  readonly roles?: readonly string[];
  /** When it expires, such as `12h`, or a time in seconds since 1970. @default TOKEN_VALID */
  readonly expires?: string | number;
}

/** Signs a token (JWT) for a customer. */
export async function signToken({ issuer, audience, key }: TokenIssuer, claims: TokenClaims): Promise<string> {
  const { customer, roles = [], expires = TOKEN_VALID } = claims;
  return new SignJWT({ ...(roles.length > 0 && { roles }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(customer)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(await importPKCS8(key, ALGORITHM));
}

/**
 * Reads the variables of `make token`.
 * @param customer CUSTOMER: the token's `sub`
 * @param roles ROLE: none, one, or several with commas between them
 * @throws UserError that names the wrong variable and what would be right
 */
export function readTokenRequest(customer = '', roles = ''): TokenClaims {
  if (!/^(?=.*\S)[\x20-\x7e]{1,64}$/.test(customer))
    throw new UserError(
      customer === ''
        ? 'CUSTOMER is missing: make token CUSTOMER=c-1'
        : 'CUSTOMER must be 1 to 64 printable ASCII characters, such as c-1',
    );
  const names = roles.split(',').flatMap((name) => name.trim() || []);
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0)
    throw new UserError(`ROLE=${unknown.join()}: must be ${ROLES.join(' or ')}, or both with a comma between them`);
  return { customer, roles: names };
}
