/**
 * How long Postgres lets one statement of a service run, with its waits for locks. Until then a call that writes may
 * still take effect, even if its caller has given up. It is the limit that services/lib/postgres sets on each
 * connection; k8s-tests/orders/database-limits.test.ts compares them.
 */
export const STATEMENT_TIMEOUT_MS = 10_000;

/** The role that owns a database and alone may change its schema. The database's own name is its service's role. */
export function migratorOf(database: string): string {
  return `${database}-migrator`;
}

/**
 * Connections of operators' commands to one database, beside those of its pods: `commandPoolSize` in
 * services/lib/runtime/variables.ts.
 */
export const COMMAND_CONNECTIONS = 5;

/** Connections of a migrator: `migratorConnections` in charts/postgres/values.yaml. A pod that gets none waits. */
export const MIGRATOR_CONNECTIONS = 4;

/** The Secret with the keys that encrypt payment tokens. */
export const TOKEN_KEYS = 'payment-token-keys';
