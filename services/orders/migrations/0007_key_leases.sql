-- lease names the request that holds the key: a request that was frozen while another took over can no longer finish.
-- The payment is known until the key is final, for abandoned-payments.ts, which may have to reverse it.
ALTER TABLE idempotency_keys
  ADD COLUMN lease uuid,
  ADD COLUMN payment_token text,
  ADD COLUMN amount_minor bigint;
CREATE INDEX idempotency_keys_unfinished ON idempotency_keys (leased_until) WHERE state <> 'final';
