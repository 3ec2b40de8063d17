/** The tokens that stand for cards, and what the simulated acquirer does with each. */
export const paymentTokens = {
  tok_ok: 'authorizes',
  tok_declined: 'declines',
  tok_slow: 'takes 1.5 s and finishes even if the caller has gone',
  tok_flaky: 'answers 503 to the first two tries of each key, then authorizes',
  tok_lost: 'authorizes, then drops the connection; asked again with the same key, it answers',
} as const satisfies Record<string, string>;

export type PaymentToken = keyof typeof paymentTokens;

export const paymentTokenNames = Object.keys(paymentTokens) as [PaymentToken, ...PaymentToken[]];
