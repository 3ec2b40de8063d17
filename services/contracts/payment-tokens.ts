/** The tokens that stand for cards, and what the simulated acquirer does with each. */
export const paymentTokens = {
  tok_ok: 'authorizes',
  tok_declined: 'declines',
  tok_slow: 'takes 1.5 s and finishes even if the caller has disconnected',
  tok_flaky: 'answers 503 to the first two attempts with each key, then authorizes',
  tok_lost: 'authorizes, then drops the connection; a second attempt with the same key gets the answer',
} as const satisfies Record<string, string>;

export type PaymentToken = keyof typeof paymentTokens;

export const paymentTokenNames = Object.keys(paymentTokens) as [PaymentToken, ...PaymentToken[]];
