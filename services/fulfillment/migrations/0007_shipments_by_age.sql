-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS shipments_by_age ON shipments (at);
