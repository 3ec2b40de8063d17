import { Metadata, status as Status } from '@grpc/grpc-js';
import { toStorable } from '../postgres/storable.ts';
import { DomainError, type ErrorCode } from '../runtime/domain-error.ts';
import { shorten } from '../runtime/shorten.ts';

/**
 * The only table from code to gRPC status. Only `unavailable` becomes UNAVAILABLE, because the mesh retries it.
 *
 * A proxy's breaker counts the statuses that stand for 5xx: UNAVAILABLE, INTERNAL, UNKNOWN, DEADLINE_EXCEEDED,
 * UNIMPLEMENTED and DATA_LOSS. An unknown outcome concerns one call and says nothing about others, so it is ABORTED:
 * call again, later. Otherwise one call that fails again and again would eject the callee for all callers.
 */
const statuses = {
  invalid: Status.INVALID_ARGUMENT,
  unauthenticated: Status.UNAUTHENTICATED,
  forbidden: Status.PERMISSION_DENIED,
  'not-found': Status.NOT_FOUND,
  'in-flight': Status.ABORTED,
  'too-large': Status.RESOURCE_EXHAUSTED,
  'key-reused': Status.ALREADY_EXISTS,
  'failed-precondition': Status.FAILED_PRECONDITION,
  unavailable: Status.UNAVAILABLE,
  'outcome-unknown': Status.ABORTED,
  internal: Status.INTERNAL,
} as const satisfies Record<ErrorCode, Status>;

/** In characters. A client ends its whole connection, and all calls on it, over trailers of 64 KiB. */
const maxDetailsLength = 1_000;

/** The trailer that asks a client to wait, in milliseconds (gRFC A6). */
const retryAfterTrailer = 'grpc-retry-pushback-ms';

export function toGrpcStatus(error: DomainError): { code: Status; details: string; metadata: Metadata } {
  const fields = error.code === 'invalid' ? (error as DomainError<'invalid'>).details.errors : [];
  const details = [error.message, ...fields.map(({ field, message }) => `${field}: ${message}`)].join(' ');
  const metadata = new Metadata();
  if (error.retryAfterMs !== undefined) metadata.set(retryAfterTrailer, String(Math.ceil(error.retryAfterMs)));
  return { code: statuses[error.code], details: shorten(details, maxDetailsLength), metadata };
}

/**
 * The codes that a caller may conclude from a status. UNAVAILABLE and DEADLINE_EXCEEDED are `outcome-unknown`. Our
 * services send UNAVAILABLE only if nothing has happened, but a proxy in between also sends it if a connection broke
 * after the work was done.
 */
const conclusions: Partial<Record<Status, Exclude<ErrorCode, 'invalid' | 'forbidden'>>> = {
  [Status.NOT_FOUND]: 'not-found',
  [Status.ALREADY_EXISTS]: 'key-reused',
  [Status.FAILED_PRECONDITION]: 'failed-precondition',
  [Status.INVALID_ARGUMENT]: 'internal',
  [Status.UNIMPLEMENTED]: 'internal',
};

/** What a callee, or a proxy in between, may add to our messages, in UTF-16 code units. They are logged and stored. */
const longestDetails = 500;

/** @param call the method that was called, for the message: `payments.Authorize` */
export function fromGrpcStatus(
  call: string,
  error: { code: Status; details: string; metadata?: Metadata },
): DomainError {
  const code = conclusions[error.code] ?? 'outcome-unknown';
  const asked = error.metadata?.get(retryAfterTrailer)[0]?.toString() ?? '';
  const retryAfterMs = /^\d{1,13}$/.test(asked) ? Number(asked) : undefined;
  const message = `${call} answered ${Status[error.code]}: ${shorten(toStorable(error.details), longestDetails)}`;
  return new DomainError(code, message, error).withRetryAfter(retryAfterMs);
}
