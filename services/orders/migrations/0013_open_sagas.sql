-- Metrics and operators read what waits, not what ever was.
CREATE INDEX sagas_open ON sagas (started_at, order_id) WHERE state <> 'ended';
CREATE INDEX orders_open ON orders (status) WHERE status IN ('pending', 'confirmed');
