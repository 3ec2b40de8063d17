-- The database of analytics as its migrations created it at commit 3665490, with a row in each table.
CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  );
INSERT INTO schema_migrations (version) VALUES (1);
CREATE TABLE order_facts (
    order_id text PRIMARY KEY,
    placed_at timestamptz,
    total_minor bigint,
    currency text,
    outcome text CHECK (outcome IN ('fulfilled', 'cancelled')),
    reason text,
    ended_at timestamptz
  );
  CREATE INDEX order_facts_by_placing ON order_facts (placed_at);
  CREATE INDEX order_facts_by_end ON order_facts (ended_at);
INSERT INTO schema_migrations (version) VALUES (2);
CREATE INDEX inbox_by_age ON inbox (received_at);
INSERT INTO schema_migrations (version) VALUES (3);
INSERT INTO inbox (event_id) VALUES ('e-1');
INSERT INTO order_facts (order_id, total_minor, currency) VALUES ('o-1', 2400, 'USD');
