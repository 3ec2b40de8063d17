import { z } from 'zod';
import { moneySchema } from './money.ts';

/** Why an order was cancelled, as its history, its event and the statistics say it. */
export const cancellationReasons = ['declined', 'out-of-stock', 'shipment-failed', 'capture-refused'] as const;

const count = z.int().min(0);

/** One entry a currency; none where nothing was sold. */
const revenue = z.array(moneySchema).meta({ description: 'Of fulfilled orders, one entry a currency' });

/**
 * What `GET /v1/stats` answers: analytics' read model of the orders' events. It lags behind the orders by what its consumer
 * lags. orders = open + fulfilled + cancelled.
 */
export const statsSchema = z.object({
  totals: z.object({
    orders: count,
    open: count,
    fulfilled: count,
    cancelled: count,
    cancelledByReason: z.partialRecord(z.enum(cancellationReasons), count),
    revenue,
  }),
  perMinute: z.array(
    z.object({
      minute: z.iso.datetime().meta({ description: 'The start of the minute' }),
      orders: count.meta({ description: 'Placed in it' }),
      cancelled: count.meta({ description: 'Cancelled in it' }),
      revenue,
    }),
  ),
});

export type Stats = z.output<typeof statsSchema>;
