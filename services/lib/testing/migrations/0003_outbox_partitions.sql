ALTER TABLE outbox
  ADD COLUMN lane smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(subject), 'hex'), 0) % 16) STORED,
  ADD COLUMN published_at timestamptz;
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox USING brin (published_at);
