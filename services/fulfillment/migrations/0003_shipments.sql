CREATE TABLE shipments (
  order_id text PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('scheduled', 'failed')),
  reason text,
  at timestamptz NOT NULL DEFAULT now()
);
