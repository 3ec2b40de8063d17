-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS order_holds_by_release ON order_holds (released_at) WHERE released_at IS NOT NULL;
