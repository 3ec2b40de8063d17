-- So that purging reads only what it deletes.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at) WHERE response IS NOT NULL;
CREATE INDEX order_holds_by_release ON order_holds (released_at) WHERE released_at IS NOT NULL;
