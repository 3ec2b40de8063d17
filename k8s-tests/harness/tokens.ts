import { createHash } from 'node:crypto';
import { readTokenIssuer, signToken, type TokenClaims } from '../../cluster/credentials/tokens.ts';

/** Who sends a request through the gateway: what its token says. */
export type Sender = Pick<TokenClaims, 'customer' | 'roles'>;

/** The customer of tests that send a few requests, and need to know whose they are. */
export const customer: Sender = { customer: 'c-1' };
/** May read the orders of all customers. */
export const support: Sender = { customer: 'support-1', roles: ['support'] };
/** May read statistics. */
export const analyst: Sender = { customer: 'analyst-1', roles: ['analyst'] };
/** May call every route. */
export const everyone: Sender = { customer: 'c-1', roles: ['support', 'analyst'] };

/** How many senders a load comes from, because the gateway limits what each of them may send. */
const MANY = 100;

/** Many senders with the roles of this one. */
export function manyLike({ customer, roles }: Sender): readonly Sender[] {
  return Array.from({ length: MANY }, (_, index) => ({ customer: `${customer}-${index}`, ...(roles && { roles }) }));
}

let turn = 0;
/** One of many senders with the roles of this one. They take turns. */
export function oneLike(sender: Sender): Sender {
  turn += 1;
  return manyLike(sender)[turn % MANY] ?? sender;
}

/** The customer of orders with this idempotency key, which is one of many. */
export function customerOf(key: string): Sender {
  return { customer: `${customer.customer}-${createHash('sha256').update(key).digest().readUInt32BE() % MANY}` };
}

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
