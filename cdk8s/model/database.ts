/**
 * How long Postgres lets one statement of a service run, with its waits for locks. Until then a call that writes may
 * still take effect, even if its caller has given up. It is the limit that services/lib/postgres sets on each
 * connection; k8s-tests/orders/database-limits.test.ts compares them.
 */
export const STATEMENT_TIMEOUT_MS = 10_000;
