import { z } from 'zod';
import { postJson } from '../lib/http/post-json.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';
import { idPattern } from '../lib/runtime/validate.ts';
import { type AcquirerOperation, toAcquirerError } from './acquirer-errors.ts';

/** Ids are stored and sent back in requests. An answer with another id is not understood. */
const idSchema = z.string().regex(idPattern);
/**
 * Customers read the reason. It is cleaned rather than rejected, and replaced if it is missing or not text, because the
 * decline itself is certain.
 */
const reasonSchema = z
  .unknown()
  .optional()
  .transform((reason) => {
    const text = typeof reason === 'string' ? reason : '';
    const clean = text
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
      .slice(0, 200)
      .toWellFormed();
    return clean.trim() || 'no reason given';
  });
const authorizationSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('authorized'), id: idSchema }),
  z.object({ status: z.literal('declined'), reason: reasonSchema }),
]);
/** Strict: a field that is not in the contract, such as `status`, may say that no or less money has moved. */
const settlementSchema = z.strictObject({ id: idSchema });
/** The statuses of results. Any other success says less: 202, for example, that nothing is decided yet. */
const successes: ReadonlySet<number> = new Set([200, 201]);

export type AuthorizationResult = z.output<typeof authorizationSchema>;

export interface AuthorizationRequest {
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly paymentToken: string;
}

/** The acquirer's API. Each call is one attempt with its idempotency key, so a second attempt is always safe. */
export interface AcquirerClient {
  authorize(key: string, request: AuthorizationRequest): Promise<AuthorizationResult>;
  /** @returns the id of the capture or reversal */
  settle(kind: 'captures' | 'reversals', key: string, authorizationId: string): Promise<string>;
}

/** @param baseUrl `http://acquirer.partner.example` */
export function createAcquirerClient(baseUrl: string): AcquirerClient {
  const post = async <Schema extends z.ZodType>(
    operation: AcquirerOperation,
    key: string,
    body: unknown,
    schema: Schema,
  ) => {
    const url = new URL(`/v1/${operation}`, baseUrl);
    const answer = await postJson(url, body, { 'idempotency-key': key }).catch(rethrowSocketError);
    const result = successes.has(answer.status) ? schema.safeParse(answer.body) : undefined;
    if (result?.success) return result.data;
    throw toAcquirerError(operation, answer);
  };
  return {
    authorize: (key, request) => post('authorizations', key, request, authorizationSchema),
    settle: async (kind, key, authorizationId) => {
      const { id } = await post(kind, key, { authorizationId }, settlementSchema);
      return id;
    },
  };
}

function rethrowSocketError(error: NodeJS.ErrnoException): never {
  // Without a connection, nothing was sent.
  const code = error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND' ? 'unavailable' : 'outcome-unknown';
  throw new DomainError(code, `The call to the acquirer failed: ${error.code ?? error.message}.`, error);
}
