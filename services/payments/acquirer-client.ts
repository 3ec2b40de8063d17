import { z } from 'zod';
import { typeBase } from '../lib/http/http-problem.ts';
import { type JsonAnswer, postJson } from '../lib/http/post-json.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

const authorizationSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('authorized'), id: z.string() }),
  z.object({ status: z.literal('declined'), reason: z.string() }),
]);
const settlementSchema = z.object({ id: z.string() });

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
  const post = async <Schema extends z.ZodType>(path: string, key: string, body: unknown, schema: Schema) => {
    const answer = await postJson(new URL(path, baseUrl), body, { 'idempotency-key': key }).catch(rethrowSocketError);
    const result = answer.status < 300 ? schema.safeParse(answer.body) : undefined;
    if (result?.success) return result.data;
    throw toError(answer);
  };
  return {
    authorize: (key, request) => post('/v1/authorizations', key, request, authorizationSchema),
    settle: async (kind, key, authorizationId) => {
      const { id } = await post(`/v1/${kind}`, key, { authorizationId }, settlementSchema);
      return id;
    },
  };
}

/** The codes of the acquirer's problems that mean the same in payments. */
const sharedCodes = ['unavailable', 'not-found', 'failed-precondition', 'key-reused'] as const;

/**
 * Converts a failure. Only the acquirer's own problem says what happened. Any other failure may come from a proxy in
 * between, which also answers 503 if the connection broke after the card was charged.
 */
function toError({ status, body }: JsonAnswer): DomainError {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  const code = sharedCodes.find((candidate) => type === `${typeBase}/${candidate}`) ?? 'outcome-unknown';
  return new DomainError(code, `The acquirer answered ${status}.`);
}

function rethrowSocketError(error: NodeJS.ErrnoException): never {
  // Without a connection, nothing was sent.
  const code = error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND' ? 'unavailable' : 'outcome-unknown';
  throw new DomainError(code, `The call to the acquirer failed: ${error.code ?? error.message}.`, error);
}
