import { keysRetention } from '../lib/postgres/idempotency.ts';
import type { Retentions } from '../lib/postgres/retention.ts';
import { purgeAttempts } from './ledger.ts';

export const retentions = {
  idempotency_keys: keysRetention,
  tries: { kind: 'purged', kept: '90 days after the attempt', purge: purgeAttempts },
  ledger: { kind: 'always', why: "it stands for a partner's books, which are outside of this system" },
} as const satisfies Retentions;
