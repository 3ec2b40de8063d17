-- So that they can be purged with their reservations. The rows from before count as new.
ALTER TABLE order_holds ADD COLUMN at timestamptz NOT NULL DEFAULT now();
