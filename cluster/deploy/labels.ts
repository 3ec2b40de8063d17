/** Marks the namespaces and credentials that a checkout created. `make down` removes only those. */
export const CHECKOUT_LABEL = 'windlass.dev/checkout';
