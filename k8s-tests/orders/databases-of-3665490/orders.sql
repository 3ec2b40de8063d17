-- The database of orders as its migrations created it at commit 3665490, with a row in each table.
CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE idempotency_keys (
    customer_id text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    order_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('in-flight', 'released', 'final')),
    leased_until timestamptz NOT NULL,
    outcome json,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key)
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
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'fulfilled', 'cancelled')),
    items jsonb NOT NULL,
    shipping_address jsonb NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    authorization_id text,
    estimated_delivery text NOT NULL,
    placed_at timestamptz NOT NULL
  );
  CREATE TABLE order_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL,
    reason text
  );
  CREATE INDEX order_history_by_order ON order_history (order_id, id);
INSERT INTO schema_migrations (version) VALUES (3);
ALTER TABLE orders ADD COLUMN payment_token text;
INSERT INTO schema_migrations (version) VALUES (4);
CREATE TABLE sagas (
    order_id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('running', 'waiting', 'compensating', 'ended')),
    reason text,
    trace jsonb NOT NULL,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    stuck_since timestamptz,
    -- The worker that holds the saga until leased_until. It writes only while it still holds the lease.
    lease uuid,
    leased_until timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
  );
  CREATE INDEX sagas_due ON sagas (next_attempt_at) WHERE state IN ('running', 'compensating');
  CREATE INDEX sagas_stuck ON sagas (stuck_since) WHERE stuck_since IS NOT NULL;
  CREATE TABLE saga_steps (
    order_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('authorise', 'reserve', 'capture', 'ship', 'close')),
    state text NOT NULL CHECK (state IN ('todo', 'done', 'refused', 'undoing', 'undone')),
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    detail jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, step)
  );
INSERT INTO schema_migrations (version) VALUES (5);
CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  );
INSERT INTO schema_migrations (version) VALUES (6);
ALTER TABLE idempotency_keys
    ADD COLUMN lease uuid,
    ADD COLUMN payment_token text,
    ADD COLUMN amount_minor bigint;
  CREATE INDEX idempotency_keys_unfinished ON idempotency_keys (leased_until) WHERE state <> 'final';
INSERT INTO schema_migrations (version) VALUES (7);
CREATE TABLE abandoned_payments (
    order_id uuid PRIMARY KEY,
    payment_token text NOT NULL,
    amount_minor bigint NOT NULL,
    tried_at timestamptz
  );
INSERT INTO schema_migrations (version) VALUES (8);
ALTER TABLE outbox
    ADD COLUMN lane smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(subject), 'hex'), 0) % 16) STORED,
    ADD COLUMN published_at timestamptz;
  CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
  CREATE INDEX outbox_published ON outbox USING brin (published_at);
INSERT INTO schema_migrations (version) VALUES (9);
CREATE INDEX inbox_by_age ON inbox (received_at);
INSERT INTO schema_migrations (version) VALUES (10);
INSERT INTO idempotency_keys (customer_id, key, fingerprint, order_id, state, leased_until) VALUES ('c-1', 'k-1', 'f', '00000000-0000-4000-8000-000000000001', 'final', now());
INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at) VALUES ('00000000-0000-4000-8000-000000000001', 'c-1', 'pending', '[]', '{}', 'USD', 2400, '2026-11-25', now());
INSERT INTO order_history (order_id, status) VALUES ('00000000-0000-4000-8000-000000000001', 'pending');
INSERT INTO sagas (order_id, state, trace) VALUES ('00000000-0000-4000-8000-000000000001', 'running', '{}');
INSERT INTO saga_steps (order_id, step, state) VALUES ('00000000-0000-4000-8000-000000000001', 'authorise', 'todo');
INSERT INTO abandoned_payments (order_id, payment_token, amount_minor) VALUES ('00000000-0000-4000-8000-000000000002', 'tok_ok', 100);
INSERT INTO inbox (event_id) VALUES ('e-1');
INSERT INTO outbox (topic, event_id, source, type, subject, data, trace) VALUES ('orders.v1', '00000000-0000-4000-8000-000000000003', '/windlass/orders', 't', 'o-1', '{}', '{}');
