-- Payments of keys that nobody finished. They are reversed, if they exist at all.
CREATE TABLE abandoned_payments (
  order_id uuid PRIMARY KEY,
  payment_token text NOT NULL,
  amount_minor bigint NOT NULL,
  tried_at timestamptz
);
