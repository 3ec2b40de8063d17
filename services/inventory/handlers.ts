import { z } from 'zod';
import type { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { requireValid, wrongIds } from '../lib/grpc/request-fields.ts';
import type { Handlers } from '../lib/grpc/server.ts';
import type { Database } from '../lib/postgres/database.ts';
import { isStorable } from '../lib/postgres/storable.ts';
import { validate } from '../lib/runtime/validate.ts';
import { findShortages, type Line, release, reserve } from './stock.ts';

/** inventory's implementation of its contract. */
export function inventoryHandlers(database: Database): Handlers<typeof Inventory> {
  return {
    async check({ lines }) {
      return { shortages: await findShortages(database, validLines(lines)) };
    },
    async reserve({ idempotencyKey, orderId, lines }) {
      requireValid(wrongIds({ idempotency_key: idempotencyKey, order_id: orderId }));
      return { shortages: await reserve(database, idempotencyKey, orderId, validLines(lines)) };
    },
    async release({ idempotencyKey, orderId }) {
      requireValid(wrongIds({ idempotency_key: idempotencyKey, order_id: orderId }));
      return { released: await release(database, idempotencyKey, orderId) };
    },
  };
}

const skuRule = 'must be 1 to 64 characters, well-formed and without U+0000';
const lineSchema = z.object({
  sku: z.string().min(1, skuRule).max(64, skuRule).refine(isStorable, skuRule),
  quantity: z.int().min(1, 'must be at least 1'),
});

/** As many lines as an order may have: each is a row, and an answer with a line for each is kept with its key. */
const linesRule = 'must hold 1 to 50 lines';
const requestSchema = z.object({
  lines: z
    .array(lineSchema)
    .min(1, linesRule)
    .max(50, linesRule)
    .refine((lines) => new Set(lines.map(({ sku }) => sku)).size === lines.length, 'must hold each SKU once'),
});

/**
 * The validated lines, sorted by SKU, so that the order of the lines does not make another request.
 * @throws DomainError `invalid`
 */
function validLines(given: readonly Line[]): Line[] {
  const { lines } = validate(requestSchema, { lines: given }, 'request');
  return lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
}
