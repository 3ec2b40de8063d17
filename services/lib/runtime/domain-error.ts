/**
 * A field of the input that breaks a rule, as RFC 9457 problems and logs show it. `field` is a path: `items[0].sku`.
 */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** The data that some codes have in addition to their message. */
interface Details {
  invalid: { readonly errors: readonly FieldError[] };
  forbidden: { readonly errors: readonly FieldError[] };
}

/**
 * The codes of the errors that all services share. `unavailable` means that nothing has happened. `outcome-unknown`
 * means that the call may have had its effect, so a second attempt is safe only with the same idempotency key.
 */
export const errorCodes = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'in-flight',
  'too-large',
  'key-reused',
  'failed-precondition',
  'unavailable',
  'outcome-unknown',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

type DetailsOf<C extends ErrorCode> = C extends keyof Details ? Details[C] : undefined;

/** The only error class of the services. Callers see its message, so it contains no secrets. */
export class DomainError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'DomainError';
  readonly code: C;
  readonly details: DetailsOf<C>;
  /** How long the callee asks its callers to wait before they call again; undefined if it does not say. */
  retryAfterMs: number | undefined;

  constructor(
    code: C,
    message: string,
    ...rest: C extends keyof Details ? [details: Details[C], cause?: unknown] : [cause?: unknown]
  ) {
    const [details, cause] = code === 'invalid' || code === 'forbidden' ? rest : [undefined, rest[0]];
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details as DetailsOf<C>;
  }

  /** States how long callers should wait; undefined changes nothing. */
  withRetryAfter(retryAfterMs: number | undefined): this {
    this.retryAfterMs = retryAfterMs ?? this.retryAfterMs;
    return this;
  }

  /**
   * Converts anything that was thrown. If it is not a DomainError, it is a defect: it becomes `internal`, with the
   * original as its cause and a message that reveals nothing.
   */
  static from(thrown: unknown): DomainError {
    if (thrown instanceof DomainError) return thrown;
    return new DomainError('internal', 'Something went wrong on our side.', thrown);
  }
}

/** True if `error` is a DomainError of this code; narrows its details. */
export function hasCode<C extends ErrorCode>(error: unknown, code: C): error is DomainError<C> {
  return error instanceof DomainError && error.code === code;
}
