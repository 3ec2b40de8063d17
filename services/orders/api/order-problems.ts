import { z } from 'zod';
import { problemSchema, typeBase } from '../../lib/http/http-problem.ts';
import { type Outcome, shortageSchema } from '../order.ts';

/** The problems of the API of orders: those of every service, and those of an order that is not accepted. */
export const orderProblemSchema = problemSchema.extend({
  items: z
    .array(shortageSchema)
    .exactOptional()
    .meta({ description: 'With `/out-of-stock`: every line that cannot be served' }),
});

type OrderProblem = Readonly<z.output<typeof orderProblemSchema>>;

/** The problem of an order that is not accepted. */
export function toOrderProblem(outcome: Exclude<Outcome, { kind: 'placed' }>): OrderProblem {
  const type = `${typeBase}/${outcome.kind}`;
  if (outcome.kind === 'declined') {
    const detail = `The payment was declined: ${outcome.reason}.`;
    return { type, status: 402, title: 'The payment was declined', detail };
  }
  const { items } = outcome;
  const lines = items.map(({ sku, requested, available }) => `${requested} of ${sku}, ${available} left`);
  const detail = `Not in stock: ${lines.join('; ')}.`;
  return { type, status: 409, title: 'Not everything is in stock', detail, items: [...items] };
}
