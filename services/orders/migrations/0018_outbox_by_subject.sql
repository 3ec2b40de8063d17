-- postgres-migrations disable-transaction
-- All events of an order: for a repeat, and to see whether one of them still waits.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_by_subject ON outbox (subject);
