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
