import { exportPKCS8, generateKeyPair } from 'jose';
import type { Access } from '../../../cdk8s/model/topology.ts';
import { ALGORITHM } from '../../../cluster/credentials/customer-key.ts';
import { signToken, type TokenIssuer } from '../../../cluster/credentials/tokens.ts';
import { clusterIssuer, tokenOf } from '../../harness/tokens.ts';

/** What the gateway makes of a request with some credential. */
export type Verdict =
  /** A customer with these roles. */
  | { readonly kind: 'customer'; readonly id: string; readonly roles: readonly string[] }
  /** Nobody, as without any token: only routes for anyone are open. */
  | { readonly kind: 'nobody' }
  /** A bad token, which no route accepts. */
  | { readonly kind: 'bad-token' }
  /** More than the gateway reads. */
  | { readonly kind: 'too-large' };

/** How a stranger might try to be let in. */
export interface Credential {
  readonly what: string;
  readonly verdict: Verdict;
  /** What is added to a request. */
  readonly add: () => Promise<{ readonly headers?: Readonly<Record<string, string>>; readonly query?: string }>;
}

/** The customer whose order the probes read. */
export const owner = 'c-1';
const nobody = { kind: 'nobody' } as const;
const badToken = { kind: 'bad-token' } as const;

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const own = () => tokenOf({ customer: owner });
const customer = (what: string, id: string, ...roles: string[]): Credential => ({
  what,
  verdict: { kind: 'customer', id, roles },
  add: async () => bearer(await tokenOf({ customer: id, roles })),
});
/** A token that is right but for one thing. */
const bent = (what: string, token: (issuer: TokenIssuer) => Promise<string>): Credential => ({
  what,
  verdict: badToken,
  add: async () => bearer(await token(await clusterIssuer())),
});
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hourAgo = () => Math.floor(Date.now() / 1_000) - 3_600;

/** Changes the payload of a token and keeps its signature. */
async function promote(): Promise<string> {
  const [head = '', payload = '', signature = ''] = (await own()).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return [head, base64url({ ...claims, roles: ['analyst', 'support'] }), signature].join('.');
}

/** Without a signature. */
async function unsigned(alg: string, { issuer, audience }: TokenIssuer): Promise<string> {
  const claims = { iss: issuer, aud: audience, sub: owner, roles: ['analyst'], exp: hourAgo() + 7_200 };
  return `${base64url({ alg, typ: 'JWT' })}.${base64url(claims)}.`;
}

async function otherKey(): Promise<string> {
  return exportPKCS8((await generateKeyPair(ALGORITHM, { extractable: true })).privateKey);
}

export const credentials: readonly Credential[] = [
  { what: 'no token', verdict: nobody, add: async () => ({}) },
  customer('the token of the customer', owner),
  customer('the token of another customer', 'c-2'),
  customer('the role support', 'support-1', 'support'),
  customer('the role analyst', 'analyst-1', 'analyst'),
  customer('both roles', 'support-2', 'support', 'analyst'),
  customer('a role that does not exist', 'c-3', 'admin'),
  bent('an expired token', (issuer) => signToken(issuer, { customer: owner, expires: hourAgo() })),
  bent('a token of another issuer', (issuer) =>
    signToken({ ...issuer, issuer: 'https://other.example' }, { customer: owner }),
  ),
  bent('a token for another audience', (issuer) => signToken({ ...issuer, audience: 'other' }, { customer: owner })),
  bent('a token signed with another key', async (issuer) =>
    signToken({ ...issuer, key: await otherKey() }, { customer: owner, roles: ['analyst'] }),
  ),
  bent('a token with roles added to it', promote),
  bent('a token with alg none', (issuer) => unsigned('none', issuer)),
  bent('a token without a signature', (issuer) => unsigned(ALGORITHM, issuer)),
  bent('a token that is none', async () => 'x'),
  bent('two tokens', async () => `${await own()}, Bearer ${await own()}`),
  {
    what: 'a token without a customer',
    verdict: nobody,
    add: async () => bearer(await signToken(await clusterIssuer(), { customer: '' })),
  },
  { what: 'a token in the query', verdict: nobody, add: async () => ({ query: `access_token=${await own()}` }) },
  {
    what: 'a token in other headers and a cookie',
    verdict: nobody,
    add: async () => {
      const token = await own();
      const headers = { 'x-authorization': `Bearer ${token}`, 'x-jwt-assertion': token, cookie: `token=${token}` };
      return { headers };
    },
  },
  {
    what: 'the header by which the gateway names the customer to services',
    verdict: nobody,
    add: async () => ({ headers: { 'x-windlass-principal': base64url({ sub: owner, roles: ['analyst'] }) } }),
  },
  {
    what: 'a password',
    verdict: nobody,
    add: async () => ({ headers: { authorization: `Basic ${Buffer.from('c-1:c-1').toString('base64')}` } }),
  },
  {
    what: 'a token of 9 kB',
    verdict: { kind: 'too-large' },
    add: async () => bearer('x'.repeat(9_000)),
  },
];

/** The filter of Envoy that refuses a request, by the name in its counters. */
export type Refuser = 'jwt_authn' | 'rbac';

export interface Expected {
  /** Of an authorized request it is the route's own. */
  readonly status: 401 | 403 | 431 | 'authorized';
  readonly refusedBy?: Refuser;
}

/** What a request to a route gets, by the route's access alone. */
export function expectationOf(verdict: Verdict, access: Access): Expected {
  if (verdict.kind === 'too-large') return { status: 431 };
  if (verdict.kind === 'bad-token') return { status: 401, refusedBy: 'jwt_authn' };
  if (access === 'anyone') return { status: 'authorized' };
  if (verdict.kind === 'nobody') return { status: 401, refusedBy: 'rbac' };
  const isAllowed = access === 'customer' || verdict.roles.includes(access);
  return isAllowed ? { status: 'authorized' } : { status: 403, refusedBy: 'rbac' };
}
