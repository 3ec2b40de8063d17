import { examineEach, type Invariant, wrongIf } from '../invariant.ts';
import type { EventRecord, OutboxRow } from '../state.ts';

const isDeadLetter = ({ topic }: EventRecord): boolean => topic.endsWith('.dlq');
const events = (records: readonly EventRecord[]) => records.filter((record) => !isDeadLetter(record));
const nameOf = ({ type, subject, eventId }: OutboxRow): string => `${type} ${eventId} of order ${subject}`;

/** No committed event is lost on its way to Kafka. */
export const outboxIsInKafka: Invariant = {
  name: 'outbox-is-in-kafka',
  says: 'every outbox row is in its topic with its event id and key, and is marked as published',
  examine({ outbox, records }) {
    const recordsOf = Map.groupBy(events(records), ({ eventId }) => eventId);
    const rows = outbox.filter(({ isNew }) => isNew);
    return examineEach(rows, (row) => {
      const found = recordsOf.get(row.eventId) ?? [];
      const misplaced = found.filter(({ topic, key }) => topic !== row.topic || key !== row.subject);
      return [
        ...wrongIf(!row.isPublished, `${nameOf(row)} was not published`),
        ...wrongIf(found.length === 0, `${nameOf(row)} is not in ${row.topic}`),
        ...misplaced.map(({ topic, key }) => `${nameOf(row)} is in ${topic} under the key ${key}`),
      ];
    });
  },
};

/** A transaction that was rolled back has no event. */
export const eventsHaveACause: Invariant = {
  name: 'events-have-a-cause',
  says: 'every event in a topic has a committed outbox row',
  examine({ outbox, records }) {
    const causes = new Set(outbox.map(({ eventId }) => eventId));
    return examineEach(events(records), ({ topic, partition, offset, type, eventId }) =>
      wrongIf(!causes.has(eventId), `${type} ${eventId} at ${topic}/${partition}/${offset} has no outbox row`),
    );
  },
};

/** Only the first of several duplicates counts, because a consumer with an inbox ignores the others. */
export const eventsKeepTheirOrder: Invariant = {
  name: 'events-keep-their-order',
  says: 'the events of an order are in one partition of their topic, in the order in which they were written',
  examine({ outbox, records }) {
    const rowOf = new Map(outbox.map((row) => [row.eventId, row]));
    const known = events(records).filter(({ eventId }) => rowOf.has(eventId));
    const sequences = [...Map.groupBy(known, ({ topic, key }) => `${topic} of order ${key}`)];
    return examineEach(sequences, ([name, sequence]) => {
      const partitions = new Set(sequence.map(({ partition }) => partition));
      const firsts = [...new Map(sequence.toReversed().map((record) => [record.eventId, record])).values()];
      const rows = firsts
        .toSorted((left, right) => Number(left.offset - right.offset))
        .flatMap(({ eventId }) => rowOf.get(eventId) ?? []);
      const swapped = rows.filter((row, index) => (rows[index - 1]?.id ?? row.id) > row.id);
      return [
        ...wrongIf(partitions.size > 1, `${name}: in partitions ${[...partitions].join(', ')}`),
        ...swapped.map((row) => `${name}: ${row.type} ${row.eventId} is behind a later event`),
      ];
    });
  },
};

/** In a run only partners and the platform fail, never an event itself, so no event may be dead-lettered. */
export const nothingIsDeadLettered: Invariant = {
  name: 'nothing-is-dead-lettered',
  says: 'no event is dead-lettered',
  examine({ records }) {
    const deadLetters = records.filter(isDeadLetter);
    const wrong = deadLetters.map(
      ({ topic, offset, type, key }) => `${type} of order ${key} is dead-lettered, ${topic}/${offset}`,
    );
    return { cases: records.length, wrong };
  },
};
