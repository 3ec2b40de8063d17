import { typeBase } from '../lib/http/http-problem.ts';
import type { JsonAnswer } from '../lib/http/post-json.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

export type AcquirerOperation = 'authorizations' | 'captures' | 'reversals';

/** The codes of the acquirer's problems that mean the same in payments. */
const sharedCodes = ['unavailable', 'not-found', 'failed-precondition', 'key-reused'] as const;

/**
 * The statuses by which the acquirer refuses a payment permanently: the same request gets the same answer, and nothing
 * is held. No other status says that:
 * - 401, 403, 407: our credentials are wrong; 404, 405, 406, 411, 414, 415, 421, 426, 428, 431: how we call is wrong.
 *   That holds for every payment until somebody mends the configuration, and no order may be lost by it.
 * - 408, 409, 423, 424, 425, 429 and 5xx: later, the same request may succeed.
 */
const refusals: ReadonlySet<number> = new Set([400, 402, 410, 413, 422, 451]);

/**
 * Converts an answer that is not a success. Only the acquirer's own answer says what happened: a proxy in between also
 * answers 503 if the connection broke after the card was charged, or 400 to what the acquirer never saw.
 *
 * A refused reversal is an unknown outcome, because money may be held until a reversal succeeds.
 */
export function toAcquirerError(operation: AcquirerOperation, answer: JsonAnswer): DomainError {
  const { status, retryAfterMs } = answer;
  const type = typeOfProblem(answer);
  const shared = sharedCodes.find((candidate) => type === `${typeBase}/${candidate}`);
  const isRefusal = type !== undefined && refusals.has(status) && operation !== 'reversals';
  const code = shared ?? (isRefusal ? 'failed-precondition' : 'outcome-unknown');
  const said = isRefusal ? `refused the request with ${status}` : `answered ${status}`;
  return new DomainError(code, `The acquirer ${said}.`).withRetryAfter(retryAfterMs);
}

/**
 * The `type` of the acquirer's own problem (RFC 9457); undefined if the answer is not one. A problem of an error status
 * repeats the status, if it states a number; members of other types are ignored, as the RFC asks.
 */
function typeOfProblem({ status, contentType, body }: JsonAnswer): string | undefined {
  if (status < 400 || typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const problem = body as { readonly type?: unknown; readonly status?: unknown };
  if (typeof problem.status === 'number' && problem.status !== status) return undefined;
  if (typeof problem.type === 'string') return problem.type;
  // The default of RFC 9457.
  return /^application\/problem\+json\b/i.test(contentType) ? 'about:blank' : undefined;
}
