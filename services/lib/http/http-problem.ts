import { z } from 'zod';
import { type DomainError, type ErrorCode, hasCode } from '../runtime/domain-error.ts';

/** An RFC 9457 problem, media type `application/problem+json`. */
export const problemSchema = z.object({
  type: z.url().meta({ description: 'Ends in the code by which programs distinguish problems, such as `/invalid`' }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'Human-readable explanation of this occurrence' }),
  errors: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .exactOptional()
    .meta({ description: 'With `/invalid` and `/forbidden`: every field at fault' }),
});

export type HttpProblem = Readonly<z.output<typeof problemSchema>>;

/** The only table from code to HTTP status. A problem's `type` is `typeBase`, a slash and the code. */
const problems = {
  invalid: { status: 400, title: 'The request breaks one or more rules' },
  unauthenticated: { status: 401, title: 'No valid token' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'in-flight': { status: 409, title: 'The same request is still being processed' },
  'too-large': { status: 413, title: 'The request is too large' },
  'key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'failed-precondition': { status: 409, title: 'The current state does not allow this' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  'outcome-unknown': { status: 502, title: 'The outcome is unknown' },
  internal: { status: 500, title: 'Internal error' },
} as const satisfies Record<ErrorCode, { status: number; title: string }>;

export const typeBase = 'https://windlass.example/problems';

export function toProblem(error: DomainError): HttpProblem {
  return {
    type: `${typeBase}/${error.code}`,
    ...problems[error.code],
    detail: error.message,
    ...((hasCode(error, 'invalid') || hasCode(error, 'forbidden')) && { errors: [...error.details.errors] }),
  };
}
