import { randomUUID } from 'node:crypto';
import type { Database } from '../../../lib/postgres/database.ts';

/** Stores a confirmed order of two mugs, without a saga. @returns its id */
export async function insertOrder(database: Database): Promise<string> {
  const orderId = randomUUID();
  await database.query(
    `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at)
     VALUES ($1, 'c', 'confirmed', '[{"sku":"mug","quantity":2}]', '{"country":"NO"}', 'USD', 1, '2026-11-30', now())`,
    [orderId],
  );
  return orderId;
}
