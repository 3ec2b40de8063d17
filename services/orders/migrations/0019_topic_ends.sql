-- For each topic, the offsets that its partitions had reached: where they are lower, the topic has lost records, and the
-- outbox is published again.
CREATE TABLE topic_ends (
  topic text PRIMARY KEY,
  ends bigint[] NOT NULL
);
