import { isPersonal } from './personal-fields.ts';
import { serializeError } from './serialize-error.ts';

/** Names of fields whose values are never logged or quoted in an error. */
const secretName = /token|secret|password|^DATABASE_URL$|connectionString/i;

/** A limit, so that an object that contains itself does no harm. */
const maxDepth = 5;

export function isSecret(name: PropertyKey | undefined): boolean {
  return typeof name === 'string' && secretName.test(name);
}

/**
 * Copies the plain objects and arrays of a value with secret and personal fields replaced, and errors without the data that they
 * quote. Other values stay as they are.
 */
function redact(value: unknown, depth = 0): unknown {
  if (depth > maxDepth && typeof value === 'object' && value !== null) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Error) return serializeError(value);
  return isPlainObject(value) ? redactFields(value, depth) : value;
}

export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const isWithheld = isSecret(name) || isPersonal(name);
      return [name, isWithheld ? '[redacted]' : redact(value, depth + 1)];
    }),
  );
}

function isPlainObject(value: unknown): value is object {
  return value !== null && typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
