-- The database of inventory as its migrations created it at commit 3665490, with a row in each table.
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
CREATE TABLE stock (
    sku text PRIMARY KEY,
    available integer NOT NULL CHECK (available >= 0)
  );
  CREATE TABLE reservations (
    order_id text NOT NULL,
    sku text NOT NULL REFERENCES stock (sku),
    quantity integer NOT NULL CHECK (quantity > 0),
    reserved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, sku)
  );
INSERT INTO schema_migrations (version) VALUES (2);
CREATE TABLE order_holds (
    order_id text PRIMARY KEY,
    released_at timestamptz
  );
  INSERT INTO order_holds (order_id) SELECT DISTINCT order_id FROM reservations;
INSERT INTO schema_migrations (version) VALUES (3);
INSERT INTO idempotency_keys (operation, key, fingerprint) VALUES ('Reserve', 'k-1', 'f');
INSERT INTO stock (sku, available) VALUES ('mug', 5);
INSERT INTO reservations (order_id, sku, quantity) VALUES ('o-1', 'mug', 2);
INSERT INTO order_holds (order_id) VALUES ('o-1');
