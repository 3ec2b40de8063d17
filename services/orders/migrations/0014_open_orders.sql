-- postgres-migrations disable-transaction
-- Metrics and operators read what waits, not what ever was.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_open ON orders (status) WHERE status IN ('pending', 'confirmed');
