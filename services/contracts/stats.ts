import { z } from 'zod';

const count = z.int().min(0);

/** Minor units by currency, of fulfilled orders. A sum over 2^53 is a text of digits: as a number, readers of JSON would change it. */
const revenue = z
  .record(z.string().regex(/^[A-Z]{3}$/), z.union([count, z.string().regex(/^\d{16,}$/)]))
  .meta({ description: 'Of fulfilled orders, in minor units by currency; as text where a number would be rounded' });

/** What `GET /v1/stats` answers: analytics' read model of the orders' events, behind by what its consumer lags. */
export const statsSchema = z.object({
  orders: z.object({ total: count, open: count, fulfilled: count, cancelled: count }),
  cancelledByReason: z.record(z.string(), count),
  revenue,
  perMinute: z
    .array(
      z.object({
        at: z.iso.datetime().meta({ description: 'When the minute began' }),
        orders: count.meta({ description: 'Placed in it' }),
        revenue,
        cancellations: count,
      }),
    )
    .meta({ description: 'Oldest first; the last is the minute under way' }),
});

export type Stats = z.output<typeof statsSchema>;
