import { status as Status } from '@grpc/grpc-js';
import { DomainError, type ErrorCode } from '../runtime/domain-error.ts';

/** The only table from code to gRPC status. Only `unavailable` becomes UNAVAILABLE, because the mesh retries it. */
const statuses = {
  invalid: Status.INVALID_ARGUMENT,
  'not-found': Status.NOT_FOUND,
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
 * The codes that a caller may conclude from a status. UNAVAILABLE and DEADLINE_EXCEEDED are `outcome-unknown`. Our
 * services send UNAVAILABLE only if nothing has happened, but a proxy in between also sends it if a connection broke
 * after the work was done.
 */
const conclusions: Partial<Record<Status, Exclude<ErrorCode, 'invalid'>>> = {
  [Status.NOT_FOUND]: 'not-found',
  [Status.ALREADY_EXISTS]: 'key-reused',
  [Status.FAILED_PRECONDITION]: 'failed-precondition',
  [Status.INVALID_ARGUMENT]: 'internal',
  [Status.UNIMPLEMENTED]: 'internal',
};

/** @param call the method that was called, for the message: `payments.Authorize` */
export function fromGrpcStatus(call: string, error: { code: Status; details: string }): DomainError {
  const code = conclusions[error.code] ?? 'outcome-unknown';
  return new DomainError(code, `${call} answered ${Status[error.code]}: ${error.details}`, error);
}
