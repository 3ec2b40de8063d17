-- For each topic, the offsets that its partitions had reached, and when they were read: where they are lower now, the topic
-- has lost records, and events are published again.
CREATE TABLE topic_ends (
  topic text PRIMARY KEY,
  ends bigint[] NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);
