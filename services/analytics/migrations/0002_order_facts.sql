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
