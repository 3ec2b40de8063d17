import type { Random } from '../harness/random.ts';

/** An order request: its customer, and its body. */
export interface DrawnOrder {
  readonly customerId: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly shippingAddress: Readonly<Record<string, string>>;
  readonly paymentToken: string;
}

const skus = ['mug', 'tee', 'hoodie'] as const;
/**
 * The tokens of cards that do not simply succeed. Their share is small, because more 503 responses from the partner
 * would keep its breaker open, and most of the run would test only that.
 */
const otherTokens = ['tok_slow', 'tok_flaky', 'tok_lost', 'tok_declined'] as const;
/** The cards for which the partner does not answer the first attempt in time. Their orders are pending by right. */
export const troubledCards: ReadonlySet<string> = new Set(['tok_slow', 'tok_flaky', 'tok_lost']);
const otherTokenShare = 0.1;
/** The share of orders to AQ, which no carrier serves, so their captured payments must be reversed. */
const poleShare = 0.1;

/** Draws an order. Customers repeat, most payments succeed, and few addresses are in AQ. */
export function drawOrder(random: Random): DrawnOrder {
  const [first = skus[0], ...others] = random.shuffle(skus);
  const chosen = [first, ...others.slice(random.integer(3))];
  return {
    customerId: `storm-${random.integer(50)}`,
    items: chosen.map((sku) => ({ sku, quantity: 1 + random.integer(3) })),
    shippingAddress: {
      name: 'A',
      street: 'B 1',
      city: 'C',
      postalCode: '1',
      country: random.next() < poleShare ? 'AQ' : 'NO',
    },
    paymentToken: random.next() < otherTokenShare ? random.pick(otherTokens) : 'tok_ok',
  };
}
