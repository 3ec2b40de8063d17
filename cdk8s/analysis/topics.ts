import type { Model } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import type { ReleasedTopics, Topology } from '../model/topology.ts';

/** A broker looks for old segments every five minutes, and deletes their files a minute later. */
const CLEANUP_HOURS = 1;

/**
 * An event may be delivered again for as long as its topic has it: for its retention, and before that until its segment
 * is closed. An inbox that has forgotten it by then lets it take effect a second time, and an outbox that has forgotten
 * it cannot say what was published.
 */
export function topicsFitDeduplication({ topics, deduplicationDays, interactions }: Topology): Problem[] {
  const ofEvents = new Set(interactions.flatMap((one) => (one.style === 'async' ? [one.topic] : [])));
  return Object.entries(topics)
    .filter(([name]) => ofEvents.has(name))
    .flatMap(([name, { retentionDays, segmentHours }]) => {
      const neededDays = (retentionDays * 24 + segmentHours + CLEANUP_HOURS) / 24;
      if (!(neededDays > deduplicationDays)) return [];
      return [
        {
          subject: name,
          value: `retentionDays = ${retentionDays}, segmentHours = ${segmentHours}`,
          rule: 'topics-fit-deduplication',
          message: `the topic may have an event for ${Number(neededDays.toFixed(2))} days, and inboxes forget it after ${deduplicationDays}: an event that is delivered again would take effect again. Raise deduplicationDays to ${Math.ceil(neededDays)}, or keep events for less.`,
        },
      ];
    });
}

/**
 * Consumers trust an event's source because one service alone may write its topic. Dead letters of a group are written by
 * that group.
 */
export function oneProducer({ interactions }: Topology): Problem[] {
  const events = interactions.filter((one) => one.style === 'async');
  return Object.entries(Object.groupBy(events, ({ topic }) => topic)).flatMap(([topic, ofTopic = []]) => {
    const producers = [...new Set(ofTopic.map(({ producer }) => producer))];
    if (producers.length < 2) return [];
    const message = 'each could write the events of the other: give every producer a topic of its own.';
    return [{ subject: topic, value: `producers = ${producers.join(', ')}`, rule: 'one-producer', message }];
  });
}

/** Kafka deletes whole segments, so a segment that is open for longer than the retention decides alone. */
export function segmentsWithinRetention({ topics }: Topology): Problem[] {
  return Object.entries(topics)
    .filter(([, { retentionDays, segmentHours }]) => segmentHours > retentionDays * 24)
    .map(([name, { retentionDays, segmentHours }]) => ({
      subject: name,
      value: `segmentHours = ${segmentHours}`,
      rule: 'segments-within-retention',
      message: `records would be kept for up to ${segmentHours} hours more than retentionDays says: use at most ${retentionDays * 24}.`,
    }));
}

/** A dead-letter message waits for a person. After its retention the topic deletes it, and it cannot be sent again. */
const LEAST_DEAD_LETTER_DAYS = 14;

export function deadLettersKept({ topics }: Topology): Problem[] {
  return Object.entries(topics)
    .filter(([name, { retentionDays }]) => name.endsWith('.dlq') && retentionDays < LEAST_DEAD_LETTER_DAYS)
    .map(([name, { retentionDays }]) => ({
      subject: name,
      value: `retentionDays = ${retentionDays}`,
      rule: 'dead-letters-kept',
      message: `each message waits for a person, who may be on leave, and then it is deleted: use at least ${LEAST_DEAD_LETTER_DAYS}.`,
    }));
}

/** What exists somewhere cannot be changed by a manifest without losing events or their order. */
export function topicsAsReleased({ topology: { topics }, releasedTopics }: Model): Problem[] {
  if (!releasedTopics) return [];
  return [...changedTopics(topics, releasedTopics), ...unrecordedTopics(topics, releasedTopics)];
}

function changedTopics(topics: Topology['topics'], released: ReleasedTopics): Problem[] {
  return Object.entries(released).flatMap(([name, { partitions }]) => {
    const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
    const rule = 'topics-as-released';
    if (!topic) {
      const message =
        'it exists, and without it its events and the positions of its consumers are deleted. Keep it. To retire it, ' +
        'remove its interactions first, wait for its retention, and then remove it here and in released-topics.ts.';
      return [{ subject: name, value: 'topic = none', rule, message }];
    }
    if (topic.partitions === partitions) return [];
    const message =
      `it exists with ${partitions}: keys would move to other partitions, and the events of one order would lose ` +
      `their order. Make a new topic, such as ${nextVersion(name)}, let its consumers read both and its producer write ` +
      'to the new one, and keep the old one for its retention.';
    return [{ subject: name, value: `partitions = ${topic.partitions}`, rule, message }];
  });
}

function unrecordedTopics(topics: Topology['topics'], released: ReleasedTopics): Problem[] {
  return Object.entries(topics)
    .filter(([name]) => !Object.hasOwn(released, name))
    .map(([name, { partitions }]) => ({
      subject: name,
      value: 'released = none',
      rule: 'topics-as-released',
      message: `from now on its partitions cannot change: add '${name}': { partitions: ${partitions} } to released-topics.ts.`,
    }));
}

/** `orders.v1` becomes `orders.v2`. */
function nextVersion(topic: string): string {
  const version = /\.v(\d+)$/.exec(topic)?.[1];
  return version ? topic.replace(/\d+$/, String(Number(version) + 1)) : `${topic}.v2`;
}
