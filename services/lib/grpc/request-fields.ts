import type { FieldError } from '../runtime/domain-error.ts';
import { idPattern, idRule, invalid } from '../runtime/validate.ts';

/** The ids and keys that are missing or break the rule of ids, by the names of their fields in the contract. */
export function wrongIds(fields: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(fields)
    .filter(([, value]) => !idPattern.test(value))
    .map(([field, value]) => ({ field, message: value === '' ? 'is required' : idRule }));
}

/** @throws DomainError `invalid` with the errors, if there are any */
export function requireValid(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid('request', errors);
}
