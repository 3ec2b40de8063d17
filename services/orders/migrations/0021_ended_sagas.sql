-- postgres-migrations disable-transaction
-- So that purging reads only what it deletes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sagas_ended ON sagas (ended_at) WHERE state = 'ended';
