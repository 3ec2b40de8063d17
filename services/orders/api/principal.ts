import { z } from 'zod';
import type { HttpRequest } from '../../lib/http/route.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { customerSchema } from '../order.ts';

/** The verified payload of the request's token as the gateway passes it on: JSON in base64url. Clients cannot set it. */
export const principalHeader = 'x-windlass-principal';

/** Who sent a request. */
export interface Principal {
  /** The token's `sub`. */
  readonly customerId: string;
  readonly roles: readonly string[];
}

const payloadSchema = z.object({
  sub: customerSchema,
  // The gateway reads a role that is not in a list, too.
  roles: z.union([z.array(z.string()), z.string().transform((role) => [role])]).default([]),
});

/** @throws DomainError `unauthenticated` if the header is missing, repeated, or not the payload of a customer's token */
export function readPrincipal(header: HttpRequest['header']): Principal {
  try {
    const { sub, roles } = payloadSchema.parse(decode(header(principalHeader) ?? ''));
    return { customerId: sub, roles };
  } catch {
    // Without the cause, which quotes the header.
    throw new DomainError('unauthenticated', 'Send a valid token: Authorization: Bearer <token>.');
  }
}

/** @throws Error if it is not JSON in UTF-8 in base64url */
function decode(text: string): unknown {
  if (!/^[\w-]+$/.test(text)) throw new Error(`${principalHeader} is not base64url`);
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64url')));
}
