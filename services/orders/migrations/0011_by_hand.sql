-- What operators did to orders, and an order that they want cancelled: the worker cancels it before its next step.
CREATE TABLE order_actions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL,
  action text NOT NULL CHECK (action IN ('retry', 'cancel', 'resume')),
  reason text NOT NULL,
  by_whom text,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_actions_by_order ON order_actions (order_id, id);
CREATE INDEX order_actions_by_age ON order_actions (at);
ALTER TABLE sagas ADD COLUMN cancel_requested_at timestamptz;
