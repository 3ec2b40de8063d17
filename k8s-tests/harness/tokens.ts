import { readTokenIssuer, signToken, type TokenClaims } from '../../cluster/credentials/tokens.ts';

/** Who sends a request through the gateway: what its token says. */
export type Sender = Pick<TokenClaims, 'customer' | 'roles'>;

/** The customer of orders that no test gives another one. */
export const customer: Sender = { customer: 'c-1' };
/** May read the orders of all customers. */
export const support: Sender = { customer: 'support-1', roles: ['support'] };
/** May read statistics. */
export const analyst: Sender = { customer: 'analyst-1', roles: ['analyst'] };
/** May call every route. */
export const everyone: Sender = { customer: 'c-1', roles: ['support', 'analyst'] };

let issuer: ReturnType<typeof readTokenIssuer> | undefined;
const tokens = new Map<string, Promise<string>>();

/** A valid token, signed with the cluster's key; both are read or made once. */
export function tokenOf(sender: Sender): Promise<string> {
  const id = JSON.stringify(sender);
  const token = tokens.get(id) ?? clusterIssuer().then((found) => signToken(found, sender));
  tokens.set(id, token);
  return token;
}

/** What signs the tokens of the cluster. */
export function clusterIssuer(): ReturnType<typeof readTokenIssuer> {
  issuer ??= readTokenIssuer();
  return issuer;
}
