-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes, of calls without a recorded response as well.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_keys_unanswered ON idempotency_keys (created_at) WHERE response IS NULL;
