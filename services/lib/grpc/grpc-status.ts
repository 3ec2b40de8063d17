import { status as Status } from '@grpc/grpc-js';
import { DomainError, type ErrorCode } from '../runtime/domain-error.ts';

/** The one table from code to gRPC status. Only `unavailable` becomes UNAVAILABLE: it is what the mesh retries. */
const statuses = {
  invalid: Status.INVALID_ARGUMENT,
  declined: Status.FAILED_PRECONDITION,
  'not-found': Status.NOT_FOUND,
  'out-of-stock': Status.FAILED_PRECONDITION,
  'in-flight': Status.ABORTED,
  'too-large': Status.RESOURCE_EXHAUSTED,
  'key-reused': Status.ALREADY_EXISTS,
  'failed-precondition': Status.FAILED_PRECONDITION,
  unavailable: Status.UNAVAILABLE,
  'outcome-unknown': Status.UNKNOWN,
  internal: Status.INTERNAL,
} as const satisfies Record<ErrorCode, Status>;

export function toGrpcStatus(error: DomainError): { code: Status; details: string } {
  const fields = error.code === 'invalid' ? (error as DomainError<'invalid'>).details.errors : [];
  const details = [error.message, ...fields.map(({ field, message }) => `${field}: ${message}`)].join(' ');
  return { code: statuses[error.code], details };
}

/**
 * What a caller may conclude from a status. UNAVAILABLE and DEADLINE_EXCEEDED are `outcome-unknown`, although our
 * services send UNAVAILABLE only where nothing has happened: a proxy between sends it for a connection that broke after
 * the work was done, too.
 */
const conclusions: Partial<Record<Status, Exclude<ErrorCode, 'invalid' | 'out-of-stock'>>> = {
  [Status.NOT_FOUND]: 'not-found',
  [Status.ALREADY_EXISTS]: 'key-reused',
  [Status.FAILED_PRECONDITION]: 'failed-precondition',
  [Status.INVALID_ARGUMENT]: 'internal',
  [Status.UNIMPLEMENTED]: 'internal',
};

/** @param call what was called, for the message: `payments.Authorize`. */
export function fromGrpcStatus(call: string, error: { code: Status; details: string }): DomainError {
  const code = conclusions[error.code] ?? 'outcome-unknown';
  return new DomainError(code, `${call} answered ${Status[error.code]}: ${error.details}`, error);
}
