/** Marks the namespaces and credentials that a checkout created. `make down` removes only those. */
export const CHECKOUT_LABEL = 'windlass.dev/checkout';

/** On a namespace: the level of Pod Security that its pods must meet. */
export const POD_SECURITY = 'pod-security.kubernetes.io/enforce';
