-- Running totals, so that statistics take as long after a million orders as after ten. Triggers keep them in the
-- transaction that writes a fact: a pod of an earlier release does not know of them.
--
-- kind and label: orders by outcome (open, fulfilled, cancelled), reason by reason, revenue by currency in minor units;
-- by minute also placed. The minute -infinity is all time.
CREATE TABLE order_totals (
  minute timestamptz NOT NULL,
  kind text NOT NULL,
  label text NOT NULL,
  value numeric NOT NULL,
  PRIMARY KEY (minute, kind, label)
);

-- What a fact adds to the totals.
CREATE FUNCTION order_contributions(fact order_facts)
RETURNS TABLE (minute timestamptz, kind text, label text, value numeric)
LANGUAGE sql STABLE AS $$
  SELECT added.minute, added.kind, added.label, added.value
  FROM (VALUES
    (true, '-infinity'::timestamptz, 'orders', coalesce(fact.outcome, 'open'), 1::numeric),
    (fact.outcome = 'cancelled', '-infinity', 'reason', coalesce(fact.reason, 'unknown'), 1),
    (fact.outcome = 'fulfilled', '-infinity', 'revenue', fact.currency, fact.total_minor),
    (true, date_trunc('minute', fact.placed_at), 'placed', '', 1),
    (fact.outcome = 'cancelled', date_trunc('minute', fact.ended_at), 'cancelled', '', 1),
    (fact.outcome = 'fulfilled', date_trunc('minute', fact.ended_at), 'revenue', fact.currency, fact.total_minor)
  ) AS added (applies, minute, kind, label, value)
  -- A fact has no time or currency until the event arrives that says it.
  WHERE added.applies AND added.minute IS NOT NULL AND added.label IS NOT NULL
$$;

-- All transactions lock the totals in the order of their key, so that two never deadlock.
CREATE FUNCTION count_order_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A rebuild counts all facts afterwards.
  IF current_setting('windlass.without_totals', true) = 'on' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO order_totals AS t
      SELECT c.minute, c.kind, c.label, sum(c.value) FROM new_facts f, order_contributions(f) c
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (minute, kind, label) DO UPDATE SET value = t.value + excluded.value;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO order_totals AS t
      SELECT minute, kind, label, sum(value) FROM (
        SELECT c.minute, c.kind, c.label, c.value FROM new_facts f, order_contributions(f) c
        UNION ALL SELECT c.minute, c.kind, c.label, -c.value FROM old_facts f, order_contributions(f) c
      ) AS changes
      GROUP BY 1, 2, 3 HAVING sum(value) <> 0 ORDER BY 1, 2, 3
      ON CONFLICT (minute, kind, label) DO UPDATE SET value = t.value + excluded.value;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO order_totals AS t
      SELECT c.minute, c.kind, c.label, -sum(c.value) FROM old_facts f, order_contributions(f) c
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (minute, kind, label) DO UPDATE SET value = t.value + excluded.value;
  ELSE
    DELETE FROM order_totals;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_inserts AFTER INSERT ON order_facts REFERENCING NEW TABLE AS new_facts
  FOR EACH STATEMENT EXECUTE FUNCTION count_order_facts();
CREATE TRIGGER count_updates AFTER UPDATE ON order_facts REFERENCING OLD TABLE AS old_facts NEW TABLE AS new_facts
  FOR EACH STATEMENT EXECUTE FUNCTION count_order_facts();
CREATE TRIGGER count_deletes AFTER DELETE ON order_facts REFERENCING OLD TABLE AS old_facts
  FOR EACH STATEMENT EXECUTE FUNCTION count_order_facts();
CREATE TRIGGER count_truncates AFTER TRUNCATE ON order_facts
  FOR EACH STATEMENT EXECUTE FUNCTION count_order_facts();

-- Counts all facts again. No fact changes meanwhile.
CREATE FUNCTION recount_order_facts() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE order_facts IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM order_totals;
  -- As order_contributions says, but one scan for each: several times as fast for a million facts.
  INSERT INTO order_totals
    SELECT '-infinity'::timestamptz, 'orders', coalesce(outcome, 'open'), count(*) FROM order_facts GROUP BY 3
    UNION ALL SELECT '-infinity', 'reason', coalesce(reason, 'unknown'), count(*) FROM order_facts
      WHERE outcome = 'cancelled' GROUP BY 3
    UNION ALL SELECT '-infinity', 'revenue', currency, sum(total_minor) FROM order_facts
      WHERE outcome = 'fulfilled' AND currency IS NOT NULL GROUP BY 3
    UNION ALL SELECT date_trunc('minute', placed_at), 'placed', '', count(*) FROM order_facts
      WHERE placed_at IS NOT NULL GROUP BY 1
    UNION ALL SELECT date_trunc('minute', ended_at), 'cancelled', '', count(*) FROM order_facts
      WHERE outcome = 'cancelled' AND ended_at IS NOT NULL GROUP BY 1
    UNION ALL SELECT date_trunc('minute', ended_at), 'revenue', currency, sum(total_minor) FROM order_facts
      WHERE outcome = 'fulfilled' AND ended_at IS NOT NULL AND currency IS NOT NULL GROUP BY 1, 3;
END $$;
SELECT recount_order_facts();
