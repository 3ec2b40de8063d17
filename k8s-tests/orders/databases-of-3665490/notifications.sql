-- The database of notifications as its migrations created it at commit 3665490, with a row in each table.
CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  );
INSERT INTO schema_migrations (version) VALUES (1);
CREATE TABLE emails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id text NOT NULL,
    customer_id text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX emails_by_order ON emails (order_id, id);
INSERT INTO schema_migrations (version) VALUES (2);
CREATE INDEX inbox_by_age ON inbox (received_at);
INSERT INTO schema_migrations (version) VALUES (3);
INSERT INTO inbox (event_id) VALUES ('e-1');
INSERT INTO emails (order_id, customer_id, kind) VALUES ('o-1', 'c-1', 'order.placed');
