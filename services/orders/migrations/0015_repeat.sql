-- Orders whose events are published again, and whose stock call the worker repeats: for services whose database was
-- restored. A repeat is due until done_at; result is the answer of its call. next_attempt_at is null until a worker has
-- claimed it, and then the time from which any worker may call again. Other actions leave the three null.
ALTER TABLE order_actions
  ADD COLUMN done_at timestamptz,
  ADD COLUMN result text,
  ADD COLUMN next_attempt_at timestamptz,
  DROP CONSTRAINT order_actions_action_check,
  ADD CONSTRAINT order_actions_action_check CHECK (action IN ('retry', 'cancel', 'resume', 'repeat')) NOT VALID;
