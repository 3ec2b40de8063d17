import { principalHeader } from '../principal.ts';

/** The header by which the gateway names a request's customer. @param claims beside `sub`, such as `roles` */
export function asCustomer(sub: unknown = 'c-1', claims: object = {}): Record<string, string> {
  return { [principalHeader]: Buffer.from(JSON.stringify({ sub, ...claims })).toString('base64url') };
}
