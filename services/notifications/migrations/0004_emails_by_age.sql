-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS emails_by_age ON emails (at);
