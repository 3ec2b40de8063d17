import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../observability/log.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { countLoss } from './metrics.ts';
import { lockAllPartitions } from './outbox.ts';

/** For each partition, by its number: the offset that its next record will have. */
type Ends = readonly bigint[];

/** A topic as the broker describes it. */
export interface Topic {
  readonly name: string;
  /** @returns undefined if there is no such topic */
  readEnds(): Promise<Ends | undefined>;
}

export interface RepublishOptions {
  readonly log: Log;
  /**
   * How long a topic that has lost records stays as it is, in milliseconds. Meanwhile its consumers fetch from it, are
   * told that their positions are out of range, and begin with its first record. Filled at once, it could be longer than
   * a consumer's position again, and the consumer would skip what is before that.
   *
   * @default 5,000
   */
  readonly waitMs?: number;
}

/** A topic that is deleted is noted with this: whatever ends the topic has when it is there again are lower. */
const noEnd = 9_223_372_036_854_775_807n;
/** A broker that has just started may not know a topic yet, so one answer is not enough. */
const secondLookMs = 1_000;

/**
 * How far back from the last sight of the topic events are published again. A consumer that was further behind needs
 * `npm run saga -- repeat`; ConsumerLag has rung long before. All that an outbox keeps could be more than consumers skip
 * in a day, and new events would wait behind it.
 */
const windowHours = 2;
/** Rows that one statement marks. It must be done within its timeout. */
const rowsAtOnce = 20_000;

/**
 * Makes the relays publish a topic's events again if the topic has lost records: it was deleted and created again, or
 * its brokers lost their disks. Such a topic has lower offsets than it had before, which are noted in `topic_ends`.
 * The events of the last two hours are published in their order, and consumers with an inbox ignore those that they
 * know. An event that was published into the new topic before this was called stays before them.
 *
 * @returns the number of events to publish again; undefined if nothing is lost; `missing` if there is no such topic now
 * @throws Error if the database or Kafka cannot be used
 */
export async function republishLost(
  database: Database,
  topic: Topic,
  { log, waitMs = 5_000 }: RepublishOptions,
): Promise<number | 'missing' | undefined> {
  // What was noted before the ends are read cannot be above them, whatever other relays publish meanwhile.
  const noted = await readNoted(database, topic.name);
  let ends = await topic.readEnds();
  if (!ends && noted.some((end) => end !== noEnd)) {
    await sleep(secondLookMs);
    ends = await topic.readEnds();
    if (!ends) await noteMissing(database, topic.name, noted);
  }
  if (!ends) return 'missing';
  if (isLower(ends, noted)) return repair(database, topic, log, waitMs);
  await note(database, topic.name, ends, noted);
  return undefined;
}

async function repair(database: Database, topic: Topic, log: Log, waitMs: number): Promise<number | undefined> {
  return database.transaction(async (tx) => {
    // The broker is asked within the transaction, and may be slow.
    await tx.query("SET LOCAL idle_in_transaction_session_timeout = '15s'");
    await lockAllPartitions(tx);
    const [noted, ends] = [await readNoted(tx, topic.name), await topic.readEnds()];
    if (!ends || !isLower(ends, noted)) return undefined;
    await tx.query('SELECT pg_sleep($1)', [waitMs / 1_000]);
    const events = await markAsWaiting(tx, topic.name);
    await tx.query('UPDATE topic_ends SET ends = $2, seen_at = now() WHERE topic = $1', [topic.name, ends.map(String)]);
    countLoss(topic.name);
    log.error({ topic: topic.name, events }, 'the topic has lost records; publishing its events again');
    return events;
  });
}

const isLower = (ends: Ends, noted: Ends): boolean => noted.some((end, partition) => (ends[partition] ?? 0n) < end);

async function readNoted(db: Queryable, topic: string): Promise<Ends> {
  const { rows } = await db.query<{ ends: string[] }>('SELECT ends FROM topic_ends WHERE topic = $1', [topic]);
  return rows[0]?.ends.map(BigInt) ?? [];
}

/** Does nothing if another relay has noted other ends meanwhile. */
async function note(db: Queryable, topic: string, ends: Ends, noted: Ends): Promise<void> {
  await db.query(
    `INSERT INTO topic_ends AS noted (topic, ends) VALUES ($1, $2::bigint[])
     ON CONFLICT (topic) DO UPDATE SET ends = excluded.ends, seen_at = now() WHERE noted.ends = $3::bigint[]`,
    [topic, ends.map(String), noted.map(String)],
  );
}

async function noteMissing(db: Queryable, topic: string, noted: Ends): Promise<void> {
  await db.query('UPDATE topic_ends SET ends = $2 WHERE topic = $1', [topic, noted.map(() => String(noEnd))]);
}

async function markAsWaiting(tx: Queryable, topic: string): Promise<number> {
  for (let events = 0; ; ) {
    const { rowCount } = await tx.query(
      `UPDATE outbox SET published_at = NULL WHERE id IN (
         SELECT id FROM outbox
         WHERE topic = $1 AND published_at > (SELECT seen_at FROM topic_ends WHERE topic = $1) - make_interval(hours => $2)
         LIMIT ${rowsAtOnce})`,
      [topic, windowHours],
    );
    events += rowCount ?? 0;
    if (rowCount !== rowsAtOnce) return events;
  }
}
