import { z } from 'zod';
import { statsSchema } from '../../contracts/stats.ts';
import type { HttpRoute } from '../../lib/http/route.ts';
import { orderProblemSchema } from '../api/order-problems.ts';
import { headersSchema } from '../api/order-request.ts';
import { newOrderSchema, orderViewSchema, orderWithHistorySchema } from '../order.ts';
import {
  gatewayExamples,
  orderExamples,
  orderWithHistoryExample,
  problemExamples,
  requestExamples,
  statsExample,
} from './openapi-examples.ts';

type Named = Readonly<Record<string, unknown>>;

/** The schemas by which the code validates requests and types responses. */
const schemas = {
  NewOrder: toSchema(newOrderSchema),
  Order: toSchema(orderViewSchema),
  OrderWithHistory: toSchema(orderWithHistorySchema),
  Stats: toSchema(statsSchema),
  Problem: toSchema(orderProblemSchema),
};

/** Converts a schema as clients see it. Responses may gain fields later, which breaks no client. */
function toSchema(schema: z.ZodType): Named {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    // Zod's long patterns for dates and UUIDs say no more than the format does.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format) delete jsonSchema.pattern;
    },
  });
  return rest;
}

const headers = {
  Location: { description: 'Where the order can be read', required: true, schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: 'Present if the first answer to this key is repeated; absent from the first answer itself',
    schema: { type: 'string', const: 'true' },
  },
  'Retry-After': { description: 'Seconds to wait', required: true, schema: { type: 'string', pattern: '^\\d+$' } },
  'x-request-id': { description: "The gateway's id of this request", required: true, schema: { type: 'string' } },
  traceresponse: {
    description: 'W3C trace context of the answer; its second part is the trace id',
    required: true,
    schema: { type: 'string', pattern: '^00-[\\da-f]{32}-[\\da-f]{16}-[\\da-f]{2}$' },
  },
} as const;

type Header = keyof typeof headers;

/** @param extra headers in addition to those of every response */
function response(
  description: string,
  schema: keyof typeof schemas,
  examples: Named,
  extra: readonly Header[] = [],
  mediaType = 'application/json',
) {
  return describe(description, schema, examples, [...extra, 'x-request-id', 'traceresponse'], mediaType);
}

function describe(
  description: string,
  schema: keyof typeof schemas,
  examples: Named,
  names: readonly Header[],
  mediaType: string,
) {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: {
      [mediaType]: { schema: { $ref: `#/components/schemas/${schema}` }, examples: Object.fromEntries(named) },
    },
  };
}

function problem(
  description: string,
  examples: Partial<Record<keyof typeof problemExamples, unknown>>,
  extra: readonly Header[] = [],
) {
  return response(description, 'Problem', examples, extra, 'application/problem+json');
}

/** The answers of the gateway itself to any request. */
const fromGateway = (
  examples: Partial<Record<keyof typeof gatewayExamples, unknown>>,
  description: string,
  extra: readonly Header[] = [],
) => describe(description, 'Problem', examples, extra, 'application/problem+json');

const { noToken, noRole, tooSlow, tooMany, headersTooLarge, timeout } = gatewayExamples;
const gatewayResponses = {
  429: fromGateway({ tooMany }, 'More requests than one customer, or one address, may send', ['Retry-After']),
  431: fromGateway({ headersTooLarge }, 'Path and headers are over 8 KiB'),
  504: fromGateway({ timeout }, 'No answer in time. An order may be stored: send the same key and body again'),
};

/** Of the operations that need a token. */
const customerResponses = {
  401: fromGateway({ noToken }, 'No valid token'),
  ...gatewayResponses,
};

const { invalid, otherCustomer, declined, outOfStock, inFlight, tooLarge, keyReused, unavailable, unknown } =
  problemExamples;
const { confirmed, pending } = orderExamples;
const placed = ['Location', 'Idempotency-Replayed'] as const;

const placeOrder = {
  operationId: 'placeOrder',
  summary: 'Places an order once for each key of its customer',
  parameters: [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      description:
        'Scoped to the customer and kept for 24 hours. After a 503 or no answer, send the same key and body again',
      schema: toSchema(headersSchema.shape['Idempotency-Key']),
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/NewOrder' },
        examples: Object.fromEntries(Object.entries(requestExamples).map(([name, value]) => [name, { value }])),
      },
    },
  },
  responses: {
    201: response('Confirmed: in stock and authorized', 'Order', { confirmed }, placed),
    202: response('Accepted, not confirmed yet: Location leads to its result', 'Order', { pending }, placed),
    400: problem('Invalid: `errors` names every field', { invalid }),
    403: problem('The body names another customer than the token', { otherCustomer }),
    402: problem('The payment was declined', { declined }, ['Idempotency-Replayed']),
    409: problem('Out of stock (`items`), or the same key is still in flight', { outOfStock, inFlight }, [
      'Idempotency-Replayed',
    ]),
    408: fromGateway({ tooSlow }, 'The request took longer than 10 s to arrive'),
    413: problem('Over 64 KiB', { tooLarge }),
    422: problem('The key was used with another body', { keyReused }),
    503: problem('Nothing was stored', { unavailable }),
    ...customerResponses,
  },
};

const readOrder = {
  operationId: 'readOrder',
  summary: 'An order with its history: to its customer, and to the role support',
  parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    200: response('The order', 'OrderWithHistory', { confirmed: orderWithHistoryExample }),
    404: problem('The customer has no such order', { unknown }),
    503: problem('Orders cannot be read just now', { unavailable }),
    ...customerResponses,
  },
};

const readStats = {
  operationId: 'readStats',
  summary: 'Orders, revenue and cancellations, in total and per minute: to the role analyst',
  parameters: [
    {
      name: 'minutes',
      in: 'query',
      description: 'The number of minutes, up to the current one',
      schema: { type: 'integer', minimum: 1, maximum: 1440, default: 60 },
    },
  ],
  responses: {
    200: response('The statistics of all events processed so far', 'Stats', { sold: statsExample }),
    400: problem('Invalid: `errors` names every field', {}),
    403: fromGateway({ noRole }, 'The token has no role analyst'),
    503: problem('Statistics cannot be read just now', { unavailable }),
    ...customerResponses,
  },
};

const readContract = {
  operationId: 'readContract',
  summary: 'This document, to anyone',
  security: [],
  responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
};

const securitySchemes = {
  customer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The customer is the claim `sub`, of 1 to 64 printable characters; the claim `roles` is a list',
  },
} as const;

/** The document of the public API, including `/v1/stats` of analytics. docs/api-versions.md says how it may change. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Windlass', version: '1', license: { name: 'Apache 2.0', identifier: 'Apache-2.0' } },
  servers: [{ url: '/' }],
  security: [{ customer: [] }],
  paths: {
    '/v1/orders': { post: placeOrder },
    '/v1/orders/{id}': { get: readOrder },
    '/v1/stats': { get: readStats },
    '/v1/openapi.json': { get: readContract },
  },
  components: { schemas, headers, securitySchemes },
};

export const openapiRoute: HttpRoute = {
  method: 'get',
  path: '/v1/openapi.json',
  handle: () => ({ status: 200, body: openapi }),
};
