-- So that they can be purged. The rows from before count as new.
ALTER TABLE tries ADD COLUMN at timestamptz NOT NULL DEFAULT now();
