import { z } from 'zod';
import { orderSchema } from './order-request.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
const orderAnswer = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
});

/** What `GET /v1/openapi.json` answers. The request is generated from the schema that validates it. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Windlass orders', version: '1' },
  paths: {
    '/v1/orders': {
      post: {
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: true,
            schema: { type: 'string', minLength: 1, maxLength: 255 },
          },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: z.toJSONSchema(orderSchema) } } },
        responses: {
          201: orderAnswer('Confirmed'),
          202: orderAnswer('Taken, not yet confirmed'),
          400: problem('Invalid: `errors` names every field'),
          402: problem('The payment was declined'),
          409: problem('Out of stock (`items`), or the same key is still in flight'),
          413: problem('Over 64 KiB'),
          422: problem('The key was used with another body'),
          503: problem('Temporarily unavailable: nothing was stored'),
        },
      },
    },
    '/v1/orders/{id}': {
      get: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: orderAnswer('With `history`'), 404: problem('There is no such order') },
      },
    },
  },
  components: {
    schemas: {
      Order: {
        type: 'object',
        required: ['orderId', 'status', 'total', 'estimatedDelivery'],
        properties: {
          orderId: { type: 'string', format: 'uuid' },
          status: { enum: ['pending', 'confirmed', 'fulfilled', 'cancelled'] },
          total: { type: 'object', properties: { currency: { type: 'string' }, amountMinor: { type: 'integer' } } },
          estimatedDelivery: { type: 'string', format: 'date' },
          history: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                at: { type: 'string', format: 'date-time' },
                status: { type: 'string' },
                reason: { type: 'string' },
              },
            },
          },
        },
      },
      Problem: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail'],
        properties: {
          type: { type: 'string', format: 'uri' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          errors: {
            type: 'array',
            items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
          },
          items: { type: 'array', items: { type: 'object' } },
        },
      },
    },
  },
} as const;
