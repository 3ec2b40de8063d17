-- The database of fulfillment as its migrations created it at commit 3665490, with a row in each table.
CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  );
INSERT INTO schema_migrations (version) VALUES (1);
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    event_id uuid NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    data text NOT NULL,
    trace jsonb NOT NULL
  );
INSERT INTO schema_migrations (version) VALUES (2);
CREATE TABLE shipments (
    order_id text PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('scheduled', 'failed')),
    reason text,
    at timestamptz NOT NULL DEFAULT now()
  );
INSERT INTO schema_migrations (version) VALUES (3);
ALTER TABLE outbox
    ADD COLUMN lane smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(subject), 'hex'), 0) % 16) STORED,
    ADD COLUMN published_at timestamptz;
  CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
  CREATE INDEX outbox_published ON outbox USING brin (published_at);
INSERT INTO schema_migrations (version) VALUES (4);
CREATE INDEX inbox_by_age ON inbox (received_at);
INSERT INTO schema_migrations (version) VALUES (5);
INSERT INTO inbox (event_id) VALUES ('e-1');
INSERT INTO shipments (order_id, status) VALUES ('o-1', 'scheduled');
INSERT INTO outbox (topic, event_id, source, type, subject, data, trace) VALUES ('fulfillment.v1', '00000000-0000-4000-8000-000000000003', '/windlass/fulfillment', 't', 'o-1', '{}', '{}');
