-- How far each order is. trace is that of the placing; attempts counts consecutive failures.
CREATE TABLE sagas (
  order_id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('running', 'waiting', 'compensating', 'ended')),
  reason text,
  trace jsonb NOT NULL,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  stuck_since timestamptz,
  -- Who works on it, if until has not passed. What one writes is written only while the lease is still one's own.
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
