CREATE TABLE orders (
  id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'fulfilled', 'cancelled')),
  items jsonb NOT NULL,
  shipping_address jsonb NOT NULL,
  currency text NOT NULL,
  total_minor bigint NOT NULL,
  authorization_id text,
  estimated_delivery text NOT NULL,
  placed_at timestamptz NOT NULL
);
CREATE TABLE order_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  at timestamptz NOT NULL DEFAULT now(),
  status text NOT NULL,
  reason text
);
CREATE INDEX order_history_by_order ON order_history (order_id, id);
