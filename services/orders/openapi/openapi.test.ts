/** The public contract without the services: a valid document, whose examples are valid by its own schemas. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openapi } from './openapi.ts';
import { requestExamples } from './openapi-examples.ts';
import { errorsBy, examples } from './openapi-testing.ts';

test('the document is valid OpenAPI 3.1', async () => {
  expect(await new Validator().validate(structuredClone(openapi))).toEqual({ valid: true });
  const bent = { ...structuredClone(openapi), paths: { 'v1/orders': {} } };
  expect((await new Validator().validate(bent)).valid).toBe(false);
});

test('every status of placing an order has an example', () => {
  const statuses = examples
    .filter(({ path, method }) => `${method} ${path}` === 'post /v1/orders')
    .map(({ status }) => status);
  expect([...new Set(statuses)]).toEqual([201, 202, 400, 401, 402, 403, 408, 409, 413, 422, 429, 431, 503, 504]);
});

test('every operation needs a token and may answer 401, except reading this document', () => {
  expect(openapi.security).toEqual([{ customer: [] }]);
  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation: { security?: object[]; responses: object }) => ({ path, ...operation })),
  );
  for (const { path, security, responses } of operations) {
    const isOpen = path === '/v1/openapi.json';
    expect([path, security]).toEqual([path, isOpen ? [] : undefined]);
    expect([path, '401' in responses]).toEqual([path, !isOpen]);
  }
});

test.each(examples)('the example of $id is valid by its own schema', ({ path, method, status, mediaType, value }) => {
  expect(errorsBy(['paths', path, method, 'responses', status, 'content', mediaType, 'schema'], value)).toEqual([]);
});

test.each(Object.entries(requestExamples))(
  'the request %s is valid by its schema, unless it is the example of an invalid one',
  (name, body) => {
    const place = ['paths', '/v1/orders', 'post', 'requestBody', 'content', 'application/json', 'schema'];
    expect((errorsBy(place, body) as unknown[]).length > 0).toBe(name === 'invalid');
  },
);
