-- postgres-migrations disable-transaction
-- All e-mails of a customer, for an export or an erasure of their data.
CREATE INDEX CONCURRENTLY IF NOT EXISTS emails_by_customer ON emails (customer_id);
