import { z } from 'zod';

const count = z.int().min(0);

/**
 * Minor units by currency, of fulfilled orders. A sum above 2^53 - 1 is a string of digits, because JSON readers would
 * round a number.
 */
const revenue = z.record(z.string().regex(/^[A-Z]{3}$/), z.union([count, z.string().regex(/^\d{16,}$/)])).meta({
  description: 'Of fulfilled orders, in minor units by currency; a string if a number would be rounded',
});

/** The answer of `GET /v1/stats`: analytics' read model of order events, which may lag behind the orders. */
export const statsSchema = z.object({
  orders: z.object({ total: count, open: count, fulfilled: count, cancelled: count }),
  cancelledByReason: z.record(z.string(), count),
  revenue,
  perMinute: z
    .array(
      z.object({
        at: z.iso.datetime().meta({ description: 'When the minute began' }),
        orders: count.meta({ description: 'Orders placed in the minute' }),
        revenue,
        cancellations: count,
      }),
    )
    .meta({ description: 'Oldest first; the last is the current minute' }),
});

export type Stats = z.output<typeof statsSchema>;
