/** The spec of an object, as the API server has it. */
export type Spec = Readonly<Record<string, unknown>>;

/** A copy of the spec with the value at the path, whose numbers are indexes: `http.0.timeout`. */
export function withValue(spec: Spec, path: string, value: unknown): Spec {
  const copy = structuredClone(spec) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = copy;
  for (const key of keys) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  at[last] = value;
  return copy;
}

/** A copy of the spec without the field. */
export function without(spec: Spec, field: string): Spec {
  const { [field]: _, ...rest } = spec;
  return rest;
}
