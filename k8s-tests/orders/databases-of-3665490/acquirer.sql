-- The database of acquirer as its migrations created it at commit 3665490, with a row in each table.
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
CREATE TABLE ledger (
    id text PRIMARY KEY,
    order_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('authorization', 'capture', 'reversal')),
    -- The authorization of a capture or reversal: at most one of each.
    authorization_id text REFERENCES ledger (id),
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (authorization_id, kind)
  );
  CREATE INDEX ledger_by_order ON ledger (order_id, at);
  CREATE TABLE tries (
    key text PRIMARY KEY,
    count integer NOT NULL
  );
INSERT INTO schema_migrations (version) VALUES (2);
INSERT INTO idempotency_keys (operation, key, fingerprint) VALUES ('authorizations', 'k-1', 'f');
INSERT INTO ledger (id, order_id, kind, amount_minor, currency) VALUES ('a-1', 'o-1', 'authorization', 2400, 'USD');
INSERT INTO tries (key, count) VALUES ('k-1', 1);
