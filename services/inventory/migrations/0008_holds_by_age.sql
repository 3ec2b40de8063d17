-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS order_holds_by_age ON order_holds (at);
