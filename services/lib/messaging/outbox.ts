import { createHash, randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { injectTrace } from '../observability/tracing.ts';
import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';
import { isStorable } from '../postgres/storable.ts';
import { defaultDeduplicationDays } from '../runtime/variables.ts';
import { decodeEvent, type EventType, encodeEvent, readEventData } from './cloud-event.ts';
import { Unreadable } from './dead-letter.ts';
import type { OutgoingMessage } from './message.ts';

/** The number of partitions of the outbox, which are not Kafka's. Relays can publish several of them concurrently. */
export const partitionCount = 16;

/** An arbitrary number for the advisory locks of relays, one for each partition. Nothing else uses it. */
export const relayLock = 7_219_002;

/**
 * Waits until no relay works on the partitions of these subjects, and keeps relays away until the transaction ends. A
 * transaction that makes published events unpublished needs this. Otherwise a relay could publish an event before its
 * predecessors, which are published again after it. Relays never wait for a partition, so there is no deadlock.
 * @throws DomainError `unavailable` if a relay does not end its batch in time, because Kafka does not answer it
 */
export function lockPartitionsOf(tx: Queryable, subjects: readonly string[]): Promise<void> {
  return lock(tx, 'SELECT DISTINCT lane FROM outbox WHERE subject = ANY($1) ORDER BY lane', [subjects]);
}

/** Does the same with all partitions. */
export function lockAllPartitions(tx: Queryable): Promise<void> {
  return lock(tx, 'SELECT lane FROM generate_series(0, $1::int - 1) AS lane', [partitionCount]);
}

async function lock(tx: Queryable, lanes: string, params: unknown[]): Promise<void> {
  // Longer than Postgres lets the transaction of a relay be idle.
  await tx.query("SET LOCAL lock_timeout = '8s'");
  await tx.query(`SELECT pg_advisory_xact_lock(${relayLock}, lane) FROM (${lanes}) AS wanted`, params);
}

/**
 * Adds an event in the transaction of its cause, together with the active trace. Only if its consumers can read it: an
 * event that each of them would dead-letter is a defect of the writer, and must not outlive its transaction.
 * @param id of the event. Default: a random one
 * @throws Error that says why consumers could not read or store the event; nothing was added
 */
export async function addToOutbox<Schema extends DescMessage>(
  tx: Queryable,
  event: EventType<Schema>,
  { subject, data, id = randomUUID() }: { subject: string; data: MessageInitShape<Schema>; id?: string },
): Promise<void> {
  const json = toJsonString(event.schema, create(event.schema, data));
  const trace = injectTrace();
  const { type, source, topic } = event;
  const asSent = encodeEvent(topic, { id, source, type, subject, time: new Date().toISOString(), data: json }, trace);
  checkReadable(event, asSent);
  await tx.query(
    'INSERT INTO outbox (topic, event_id, source, type, subject, data, trace) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [topic, id, source, type, subject, json, trace],
  );
}

/** An arbitrary UUID, whose ids nothing else derives. It must not change: ids of the same cause would. */
const eventNamespace = '8f0f6c1e-5d0b-4a53-9f2e-1c6f4f1f7b1d';

/**
 * The id of an event that another event causes, as UUID v5 (RFC 9562): always the same for the same cause and type. So
 * consumers drop the event as a duplicate if a writer that has lost its database decides the same again.
 */
export function deriveEventId(causeId: string, { type }: Pick<EventType, 'type'>): string {
  const namespace = Buffer.from(eventNamespace.replaceAll('-', ''), 'hex');
  const hash = createHash('sha1').update(namespace).update(`${causeId}/${type}`).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Reads the message with the decoder of consumers. The error quotes no data. */
function checkReadable(event: EventType, { topic, key, value, headers }: OutgoingMessage): void {
  const received = { topic, partition: 0, offset: '0', key: Buffer.from(key ?? ''), value: Buffer.from(value ?? '') };
  const fail = (why: string): never => {
    throw new Error(`Consumers could not read this ${event.type}: ${why}.`);
  };
  try {
    const decoded = decodeEvent({ ...received, headers }, [event]) ?? fail('its type is not handled');
    readEventData(event, decoded);
  } catch (error) {
    fail(error instanceof Unreadable ? error.deadLetterCause : 'it cannot be decoded');
  }
  const texts = [String(key), ...textsIn(JSON.parse(String(value)))];
  if (!texts.every(isStorable)) fail('a text is not well-formed Unicode, or contains U+0000');
}

/** All texts of a JSON value, with the names of its fields: a map of protobuf has texts of users as names. */
function textsIn(json: unknown): string[] {
  if (typeof json === 'string') return [json];
  if (json === null || typeof json !== 'object') return [];
  return Object.entries(json).flatMap(([name, value]) => [name, ...textsIn(value)]);
}

/**
 * Deletes events that no topic has any more. Events that still wait stay, however old they are.
 * @param days since an event was published. Default: `defaultDeduplicationDays`
 * @returns the number of deleted events
 */
export function purgeOutbox(db: Queryable, days = defaultDeduplicationDays): Promise<number> {
  const old = `SELECT id FROM outbox WHERE published_at < now() - interval '${days} days'`;
  return deleteInBatches(db, 'outbox', 'id', old);
}
