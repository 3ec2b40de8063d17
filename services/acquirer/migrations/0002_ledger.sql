CREATE TABLE ledger (
  id text PRIMARY KEY,
  order_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('authorization', 'capture', 'reversal')),
  -- The authorization that a capture or a reversal is about: each at most once.
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
