-- postgres-migrations disable-transaction
-- Tokens are encrypted again after a rotation of their key. That reads only the orders that have one.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_with_token ON orders (id) WHERE payment_token IS NOT NULL;
