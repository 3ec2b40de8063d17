-- postgres-migrations disable-transaction
-- All orders of a customer, for an export or an erasure of their data.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_customer ON orders (customer_id);
