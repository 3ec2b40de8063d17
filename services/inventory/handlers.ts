import type { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Handlers } from '../lib/grpc/server.ts';
import type { Database } from '../lib/postgres/database.ts';
import type { FieldError } from '../lib/runtime/domain-error.ts';
import { invalid } from '../lib/runtime/validate.ts';
import { findShortages, type Line, release, reserve } from './stock.ts';

/** inventory's implementation of its contract. */
export function inventoryHandlers(database: Database): Handlers<typeof Inventory> {
  return {
    async check({ lines }) {
      return { shortages: await findShortages(database, validLines(lines)) };
    },
    async reserve({ idempotencyKey, orderId, lines }) {
      return { shortages: await reserve(database, idempotencyKey, requireOrderId(orderId), validLines(lines)) };
    },
    async release({ idempotencyKey, orderId }) {
      return { released: await release(database, idempotencyKey, requireOrderId(orderId)) };
    },
  };
}

/** The validated lines, sorted by SKU, so that the order of the lines does not make another request. */
function validLines(lines: readonly Line[]): Line[] {
  const errors: FieldError[] = lines.flatMap(({ quantity }, index) =>
    quantity > 0 ? [] : [{ field: `lines[${index}].quantity`, message: 'must be at least 1, not 0' }],
  );
  if (lines.length === 0) errors.push({ field: 'lines', message: 'must hold at least one line' });
  if (new Set(lines.map(({ sku }) => sku)).size < lines.length) {
    errors.push({ field: 'lines', message: 'must hold each SKU once' });
  }
  if (errors.length > 0) throw invalid('request', errors);
  return lines.map(({ sku, quantity }) => ({ sku, quantity })).toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
}

function requireOrderId(orderId: string): string {
  if (orderId === '') throw invalid('request', [{ field: 'order_id', message: 'is required' }]);
  return orderId;
}
