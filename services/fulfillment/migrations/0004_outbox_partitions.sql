-- All events of a subject are in one partition of the outbox (lane). A generated column, so that no writer can choose a
-- wrong one; by md5, which unlike hashtext is the same in every version of Postgres. The small index holds the waiting rows;
-- the BRIN index is for the purge and costs writers next to nothing.
ALTER TABLE outbox
  ADD COLUMN lane smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(subject), 'hex'), 0) % 16) STORED,
  ADD COLUMN published_at timestamptz;
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox USING brin (published_at);
