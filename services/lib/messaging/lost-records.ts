import type { Log } from '../observability/log.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { countRepublished } from './metrics.ts';
import { lockAllPartitions } from './outbox.ts';

/** For each partition, by its number: the offset that its next record will have. */
export type Ends = readonly bigint[];

export interface Topics {
  /** @returns undefined if there is no such topic */
  readEnds(topic: string): Promise<Ends | undefined>;
}

export interface RepublishOptions {
  readonly log: Log;
  /** @default 5,000 */
  readonly waitMs?: number;
}

/** A topic that is deleted is noted with this: whatever ends the topic has when it is there again are lower. */
const noEnd = 9_223_372_036_854_775_807n;

/**
 * How long a topic that has lost records stays as it is. Meanwhile its consumers fetch from it, are told that their
 * positions are out of range, and begin with its first record. Filled at once, it could be longer than a consumer's
 * position again, and the consumer would skip what is before that.
 */
const settleMs = 5_000;

/**
 * How far back events are published again. A consumer that was further behind than this needs `npm run saga -- repeat`;
 * ConsumerLag has rung long before. All that an outbox keeps could be more than consumers skip in a day, and new events
 * would wait behind it.
 */
const windowMinutes = 120;
/** The minutes of events that one statement marks. It must be done within its timeout. */
const sliceMinutes = 5;

/**
 * Makes the relays publish a topic's events again if the topic has lost records: it was deleted and created again, or
 * its brokers lost their disks. Such a topic has lower offsets than it had before, which are noted in `topic_ends`.
 * The events of the last two hours are published in their order, before any later one. Consumers with an inbox ignore
 * those that they know.
 *
 * @returns the number of events to publish again
 * @throws Error if the database or Kafka cannot be used; nothing was changed
 */
export async function republishLost(
  database: Database,
  topics: Topics,
  topic: string,
  { log, waitMs = settleMs }: RepublishOptions,
): Promise<number> {
  // What was noted before the ends are read cannot be above them, whatever other relays publish meanwhile.
  const noted = await readNoted(database, topic);
  const ends = await topics.readEnds(topic);
  if (!ends) {
    await note(
      database,
      topic,
      noted.map(() => noEnd),
    );
    return 0;
  }
  if (!isLower(ends, noted)) {
    await note(database, topic, ends);
    return 0;
  }
  return database.transaction(async (tx) => {
    await lockAllPartitions(tx);
    const [notedNow, endsNow] = [await readNoted(tx, topic), await topics.readEnds(topic)];
    if (!endsNow || !isLower(endsNow, notedNow)) return 0;
    await tx.query('SELECT pg_sleep($1)', [waitMs / 1_000]);
    const events = await markAsWaiting(tx, topic);
    await tx.query('UPDATE topic_ends SET ends = $2 WHERE topic = $1', [topic, endsNow.map(String)]);
    countRepublished(topic, events);
    log.error({ topic, events }, 'the topic has lost records; publishing its events again');
    return events;
  });
}

const isLower = (ends: Ends, noted: Ends): boolean => noted.some((end, partition) => (ends[partition] ?? 0n) < end);

async function readNoted(db: Queryable, topic: string): Promise<Ends> {
  const { rows } = await db.query<{ ends: string[] }>('SELECT ends FROM topic_ends WHERE topic = $1', [topic]);
  return rows[0]?.ends.map(BigInt) ?? [];
}

/** Notes higher ends only. A topic that nobody has seen yet and that does not exist is not noted. */
async function note(db: Queryable, topic: string, ends: Ends): Promise<void> {
  if (ends.length === 0) return;
  await db.query(
    `INSERT INTO topic_ends AS noted (topic, ends) VALUES ($1, $2::bigint[])
     ON CONFLICT (topic) DO UPDATE SET ends = excluded.ends WHERE noted.ends < excluded.ends`,
    [topic, ends.map(String)],
  );
}

async function markAsWaiting(tx: Queryable, topic: string): Promise<number> {
  let events = 0;
  for (let minutes = windowMinutes; minutes > 0; minutes -= sliceMinutes) {
    const { rowCount } = await tx.query(
      `UPDATE outbox SET published_at = NULL
       WHERE topic = $1 AND published_at > now() - make_interval(mins => $2)
         AND ($3 OR published_at <= now() - make_interval(mins => $4))`,
      [topic, minutes, minutes === sliceMinutes, minutes - sliceMinutes],
    );
    events += rowCount ?? 0;
  }
  return events;
}
