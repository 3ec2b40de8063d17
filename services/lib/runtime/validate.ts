import type { z } from 'zod';
import { isSecret } from '../observability/secrets.ts';
import { DomainError, type FieldError } from './domain-error.ts';
import { shorten } from './shorten.ts';

/** Ids and idempotency keys of calls between services: a header can carry them, and an index can hold them. */
export const idPattern = /^[\x21-\x7e]{1,255}$/;
export const idRule = 'must be 1 to 255 printable ASCII characters without spaces';

/**
 * Parses input with a schema. Reports all errors at once.
 * @param what the name of the input, for the message: `order`
 * @throws DomainError `invalid` with a path, the value and the rule for each error
 */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const result = parse(schema, input);
  if (!result.success) throw invalid(what, result.errors);
  return result.data;
}

/** The data of an input, or every error in it. */
type Parsed<Schema extends z.ZodType> =
  | { readonly success: true; readonly data: z.output<Schema>; readonly errors: readonly [] }
  | { readonly success: false; readonly errors: readonly FieldError[] };

/** A report stays readable, and an answer stays small, whatever was sent. */
const maxErrors = 100;
const maxFieldLength = 200;

/** Parses a part of an input whose parts are to be reported together: the first 100 errors. Does not throw. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): Parsed<Schema> {
  const { success, data, error } = schema.safeParse(input, { reportInput: true });
  if (success) return { success, data, errors: [] };
  const errors = error.issues.flatMap(toFieldErrors);
  // A number can break a rule twice: 2^53 is neither safe nor small enough.
  const distinct = [...new Map(errors.map((each) => [`${each.field} ${each.message}`, each])).values()];
  return { success, errors: distinct.slice(0, maxErrors) };
}

/** @param errors at least one */
export function invalid(what: string, errors: readonly FieldError[]): DomainError<'invalid'> {
  const rules = errors.length === 1 ? '1 rule' : `${errors.length} rules`;
  return new DomainError('invalid', `The ${what} breaks ${rules}.`, { errors });
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: toField([...issue.path, key]), message: 'is not a known field' }));
  }
  return [{ field: toField(issue.path), message: toMessage(issue) }];
}

/** `['items', 0, 'sku']` becomes `items[0].sku`; the input itself is `body`. Names of unknown fields may be anything. */
function toField(path: readonly PropertyKey[]): string {
  const field = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return shorten(field.replace(/^\./, '').toWellFormed(), maxFieldLength) || 'body';
}

function toMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  const rule = issue.message.replace(/^Invalid (input|option): expected/, 'must be');
  return isSecret(issue.path.at(-1)) ? rule : `${rule}${showValue(issue.input)}`;
}

/** Quotes short plain values. Longer ones would make the message unreadable. */
function showValue(value: unknown): string {
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  // 1e400 is JSON, and JavaScript reads it as Infinity, which JSON.stringify would show as null.
  const text = isPlain ? String(value) : typeof value === 'string' ? JSON.stringify(value) : '';
  return text !== '' && text.length <= 42 ? `, not ${text}` : '';
}
