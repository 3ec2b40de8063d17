import type { Random } from '../harness/random.ts';

/** An order as a client writes it. */
export interface OrderBody {
  readonly customerId: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly shippingAddress: Readonly<Record<string, string>>;
  readonly paymentToken: string;
}

const skus = ['mug', 'tee', 'hoodie'] as const;
/**
 * What a card does besides going well. Of each a few: a partner of which every fifth answer is a 503 never gets far from
 * the five in a row that open its breaker, and the storm would show the breaker's rests and little else.
 */
const otherTokens = ['tok_slow', 'tok_flaky', 'tok_lost', 'tok_declined'] as const;
const otherTokenShare = 0.1;
/** No carrier goes to AQ: captured money has to be given back. */
const poleShare = 0.1;

/** The next order: some customers come back, most pay well, few live at the pole. */
export function drawOrder(random: Random): OrderBody {
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
