import { keysRetention } from '../lib/postgres/idempotency.ts';
import type { Retentions } from '../lib/postgres/retention.ts';

export const retentions = { idempotency_keys: keysRetention } as const satisfies Retentions;
