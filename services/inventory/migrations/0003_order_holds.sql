-- One row for each order that was ever here: a Reserve that comes after the order's Release is too late.
CREATE TABLE order_holds (
  order_id text PRIMARY KEY,
  released_at timestamptz
);
INSERT INTO order_holds (order_id) SELECT DISTINCT order_id FROM reservations;
