import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openapi } from './openapi.ts';

/** Knows the document by the name `openapi`, and JSON Schema as OpenAPI 3.1 has it. */
export const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true })).addSchema(openapi, 'openapi');

/** As far as the tests read it. */
interface Answer {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { value: unknown }>> }>>;
}

/** Every example of an answer, with where it stands. */
export const examples = Object.entries(openapi.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.entries(responses as Record<string, Answer>).flatMap(([status, { content, headers }]) =>
      Object.entries(content).flatMap(([mediaType, { examples = {} }]) =>
        Object.entries(examples).map(([name, { value }]) => ({
          id: `${method.toUpperCase()} ${path} ${name}`,
          ...{ path, method, status: Number(status), mediaType, name, value, headers: Object.keys(headers ?? {}) },
        })),
      ),
    ),
  ),
);

/** What is wrong with a value by the schema at a place in the document. */
export function errorsBy(place: readonly (string | number)[], value: unknown): unknown {
  const pointer = place.map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = ajv.compile({ $ref: `openapi#/${pointer.join('/')}` });
  return validate(value) ? [] : validate.errors;
}
