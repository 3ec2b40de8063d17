/** What the shop sells: the price that orders charges and the stock that inventory starts with. USD cents. */
export const catalogue = {
  mug: { unitPriceMinor: 1200, initialStock: 1_000_000 },
  tee: { unitPriceMinor: 2500, initialStock: 1_000_000 },
  hoodie: { unitPriceMinor: 5900, initialStock: 1_000_000 },
  rare: { unitPriceMinor: 9900, initialStock: 3 },
  gone: { unitPriceMinor: 100, initialStock: 0 },
} as const satisfies Record<string, { unitPriceMinor: number; initialStock: number }>;

/** ISO 4217: the shop sells in one currency. */
export const currency = 'USD';

export type Sku = keyof typeof catalogue;

export const skus = Object.keys(catalogue) as [Sku, ...Sku[]];
