import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openapi } from './openapi.ts';

/** A validator for OpenAPI 3.1's JSON Schema, with the document under the name `openapi`. */
export const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true })).addSchema(openapi, 'openapi');

/** The part of an OpenAPI response that the tests read. */
interface ResponseObject {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { value: unknown }>> }>>;
}

/** Every example of a response, with its place in the document. */
export const examples = Object.entries(openapi.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.entries(responses as Record<string, ResponseObject>).flatMap(([status, { content, headers }]) =>
      Object.entries(content).flatMap(([mediaType, { examples = {} }]) =>
        Object.entries(examples).map(([name, { value }]) => ({
          id: `${method.toUpperCase()} ${path} ${name}`,
          ...{ path, method, status: Number(status), mediaType, name, value, headers: Object.keys(headers ?? {}) },
        })),
      ),
    ),
  ),
);

/**
 * Validates a value by the schema at a place in the document.
 * @returns the errors; empty if valid
 */
export function errorsBy(place: readonly (string | number)[], value: unknown): unknown {
  const pointer = place.map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = ajv.compile({ $ref: `openapi#/${pointer.join('/')}` });
  return validate(value) ? [] : validate.errors;
}
