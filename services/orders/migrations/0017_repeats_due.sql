-- postgres-migrations disable-transaction
-- Workers read the repeats that are due, not those of a year.
CREATE INDEX CONCURRENTLY IF NOT EXISTS order_actions_due ON order_actions (next_attempt_at NULLS FIRST, id) WHERE action = 'repeat' AND done_at IS NULL;
