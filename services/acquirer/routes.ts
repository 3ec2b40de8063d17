import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { paymentTokenNames } from '../contracts/payment-tokens.ts';
import type { HttpReply, HttpRequest, HttpRoute } from '../lib/http/route.ts';
import type { Database } from '../lib/postgres/database.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';
import { idPattern, idRule, validate } from '../lib/runtime/validate.ts';
import { authorize, countAttempt, settle } from './ledger.ts';

const slowMs = 1_500;
const flakyAttempts = 2;

const idSchema = z.string().regex(idPattern, idRule);
const authorizationSchema = z.strictObject({
  orderId: idSchema,
  amountMinor: z.int().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/),
  paymentToken: z.enum(paymentTokenNames),
});
const settlementSchema = z.strictObject({ authorizationId: idSchema });
const keySchema = z.object({ 'Idempotency-Key': idSchema });

/** The partner's API. Each call needs an Idempotency-Key; the same key and body have one effect and one answer. */
export function acquirerRoutes(database: Database): HttpRoute[] {
  const settlement = (kind: 'capture' | 'reversal', path: string): HttpRoute => ({
    method: 'post',
    path,
    handle: async (request) => {
      const { authorizationId } = validate(settlementSchema, request.body, kind);
      const { id } = await settle(database, kind, readKey(request), authorizationId);
      return { status: 201, body: { id } };
    },
  });
  return [
    { method: 'post', path: '/v1/authorizations', handle: (request) => handleAuthorization(database, request) },
    settlement('capture', '/v1/captures'),
    settlement('reversal', '/v1/reversals'),
  ];
}

/** Simulates the behavior that the payment token selects (see contracts/payment-tokens.ts). */
async function handleAuthorization(database: Database, request: HttpRequest): Promise<HttpReply | 'drop-connection'> {
  const key = readKey(request);
  const authorization = validate(authorizationSchema, request.body, 'authorization');
  const { paymentToken } = authorization;
  if (paymentToken === 'tok_declined') {
    return { status: 200, body: { status: 'declined', reason: 'insufficient funds' } };
  }
  if (paymentToken === 'tok_flaky' && (await countAttempt(database, key)) <= flakyAttempts) {
    throw new DomainError('unavailable', 'The acquirer is busy; nothing was authorized.');
  }
  if (paymentToken === 'tok_slow') await sleep(slowMs);
  const { id, isNew } = await authorize(database, key, authorization);
  if (paymentToken === 'tok_lost' && isNew) return 'drop-connection';
  return { status: 201, body: { status: 'authorized', id } };
}

function readKey(request: HttpRequest): string {
  const headers = { 'Idempotency-Key': request.header('idempotency-key') };
  return validate(keySchema, headers, 'request')['Idempotency-Key'];
}
