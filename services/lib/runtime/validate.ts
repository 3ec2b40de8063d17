import type { z } from 'zod';
import { DomainError, type FieldError } from './domain-error.ts';

/**
 * Parses input by a schema; all that is wrong with it is said at once.
 * @param what for the message: `order`
 * @throws DomainError `invalid` with a path, the value and the rule for each error
 */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const errors = findFieldErrors(schema, input);
  if (errors.length > 0) throw invalid(what, errors);
  return schema.parse(input);
}

/** All that is wrong with an input; empty if nothing is. For inputs that come in parts and are to be judged at once. */
export function findFieldErrors(schema: z.ZodType, input: unknown): FieldError[] {
  const issues = schema.safeParse(input, { reportInput: true }).error?.issues ?? [];
  const errors = issues.flatMap(toFieldErrors);
  // A number can break a rule twice: 2^53 is neither safe nor small enough.
  return [...new Map(errors.map((error) => [`${error.field} ${error.message}`, error])).values()];
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

/** `['items', 0, 'sku']` becomes `items[0].sku`; the input itself is `body`. */
function toField(path: readonly PropertyKey[]): string {
  const field = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return field.replace(/^\./, '') || 'body';
}

function toMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  const rule = issue.message.replace(/^Invalid (input|option): expected/, 'must be');
  return secretFields.has(issue.path.at(-1)) ? rule : `${rule}${showValue(issue.input)}`;
}

/** Fields whose value is never shown, not even when it is wrong. */
const secretFields = new Set<PropertyKey | undefined>(['paymentToken']);

/** Quotes short plain values; longer ones would drown the message. */
function showValue(value: unknown): string {
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
  const text = isPlain ? JSON.stringify(value) : '';
  return text !== '' && text.length <= 42 ? `, not ${text}` : '';
}
