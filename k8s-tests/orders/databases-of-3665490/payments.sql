-- The database of payments as its migrations created it at commit 3665490, with a row in each table.
CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE idempotency_keys (
    operation text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    response jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operation, key)
  );
INSERT INTO schema_migrations (version) VALUES (1);
INSERT INTO idempotency_keys (operation, key, fingerprint) VALUES ('Authorize', 'k-1', 'f');
