import { z } from 'zod';
import { moneySchema } from '../../contracts/money.ts';

const statusSchema = z.enum(['pending', 'confirmed', 'fulfilled', 'cancelled']);

/** A placed order as its customer sees it. */
export const orderViewSchema = z.object({
  orderId: z.uuid(),
  status: statusSchema,
  total: moneySchema,
  estimatedDelivery: z.iso.date(),
});

/** What `GET /v1/orders/{id}` adds: how the order came to its status, oldest first. */
export const orderWithHistorySchema = orderViewSchema.extend({
  history: z.array(
    z.object({
      at: z.iso.datetime(),
      status: statusSchema,
      reason: z.string().exactOptional().meta({ description: 'Why it was cancelled' }),
    }),
  ),
});

export type OrderStatus = z.output<typeof statusSchema>;
export type OrderView = Readonly<z.output<typeof orderViewSchema>>;
export type OrderWithHistory = Readonly<z.output<typeof orderWithHistorySchema>>;
