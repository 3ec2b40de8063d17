-- Who reverses an abandoned payment, as in sagas: one worker at a time calls payments for it.
ALTER TABLE abandoned_payments
  ADD COLUMN abandoned_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN next_attempt_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN lease uuid,
  ADD COLUMN leased_until timestamptz;
