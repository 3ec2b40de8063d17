-- postgres-migrations disable-transaction
-- Metrics and operators read what waits, not what ever was.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sagas_open ON sagas (started_at, order_id) WHERE state <> 'ended';
