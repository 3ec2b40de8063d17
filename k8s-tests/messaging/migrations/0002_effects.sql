CREATE TABLE effects (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  test text NOT NULL,
  event_id text NOT NULL,
  key text NOT NULL,
  number integer NOT NULL,
  delay_ms integer NOT NULL
);
CREATE TABLE mended (at timestamptz);
