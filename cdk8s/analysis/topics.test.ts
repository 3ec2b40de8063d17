import { describe, expect, test } from 'vitest';
import type { ReleasedTopics, Topic, Topology } from '../model/topology.ts';
import { exampleModel, exampleTopology } from '../testing/example.ts';
import { topology } from '../topology.ts';
import {
  deadLettersKept,
  oneProducer,
  segmentsWithinRetention,
  topicsAsReleased,
  topicsFitDeduplication,
} from './topics.ts';

const withTopic = (change: Partial<Topic>, deduplicationDays = 9) => ({
  ...exampleTopology,
  deduplicationDays,
  topics: { ...exampleTopology.topics, 'a.v1': { ...exampleTopology.topics['a.v1'], ...change } },
});

describe('topics-fit-deduplication', () => {
  test('an inbox remembers an event for its retention, an open segment and the cleanup', () => {
    expect(topicsFitDeduplication(withTopic({ retentionDays: 7, segmentHours: 47 }))).toEqual([]);
    expect(topicsFitDeduplication(withTopic({ retentionDays: 7, segmentHours: 48 }))).toMatchObject([
      {
        subject: 'a.v1',
        value: 'retentionDays = 7, segmentHours = 48',
        rule: 'topics-fit-deduplication',
        message: expect.stringMatching(/for 9\.04 days, and inboxes forget it after 9: .* deduplicationDays to 10,/),
      },
    ]);
  });

  test('a longer retention needs a longer memory', () => {
    expect(topicsFitDeduplication(withTopic({ retentionDays: 30 }))).toHaveLength(1);
    expect(topicsFitDeduplication(withTopic({ retentionDays: 30 }, 32))).toEqual([]);
    expect(topicsFitDeduplication(withTopic({}, 8))).toHaveLength(1);
  });

  test('no inbox has seen what is in a topic of dead letters', () => {
    expect(exampleTopology.topics['c.dlq'].retentionDays).toBe(30);
    expect(topicsFitDeduplication(exampleTopology)).toEqual([]);
  });
});

test('a topic has one producer', () => {
  expect(oneProducer(exampleTopology)).toEqual([]);
  expect(oneProducer(topology)).toEqual([]);
  const [first] = topology.interactions.filter((one) => one.style === 'async');
  const second = { ...first, producer: 'payments' } as Topology['interactions'][number];
  expect(oneProducer({ ...topology, interactions: [...topology.interactions, second] })).toMatchObject([
    { subject: 'orders.v1', value: 'producers = orders-worker, payments', rule: 'one-producer' },
  ]);
});

test('a segment that is open for longer than the retention would decide alone', () => {
  expect(segmentsWithinRetention(withTopic({ retentionDays: 1, segmentHours: 24 }))).toEqual([]);
  expect(segmentsWithinRetention(withTopic({ retentionDays: 1, segmentHours: 25 }))).toMatchObject([
    { subject: 'a.v1', value: 'segmentHours = 25', rule: 'segments-within-retention' },
  ]);
});

test('dead-letters-kept: a dead-letter message waits for a person for at least two weeks', () => {
  const withDays = (retentionDays: number) => {
    const topics = { ...exampleTopology.topics, 'c.dlq': { ...exampleTopology.topics['c.dlq'], retentionDays } };
    return deadLettersKept({ ...exampleTopology, topics });
  };
  expect(withDays(14)).toEqual([]);
  expect(withDays(13)).toMatchObject([
    {
      subject: 'c.dlq',
      value: 'retentionDays = 13',
      rule: 'dead-letters-kept',
      message: expect.stringContaining('at least 14'),
    },
  ]);
  expect(deadLettersKept(withTopic({ retentionDays: 1 }))).toEqual([]);
});

describe('topics-as-released', () => {
  const released = { 'a.v1': { partitions: 3 }, 'c.dlq': { partitions: 1 } };
  const problemsOf = (releasedTopics: ReleasedTopics, change: Partial<Topic> = {}) =>
    topicsAsReleased(exampleModel({ releasedTopics, topology: withTopic(change) }));

  test('the topics as they exist are right, and what may change is not recorded', () => {
    expect(problemsOf(released)).toEqual([]);
    expect(problemsOf(released, { retentionDays: 1, segmentHours: 1 })).toEqual([]);
    expect(topicsAsReleased(exampleModel())).toEqual([]);
  });

  test.each([7, 4, 2, 1])('3 partitions that become %s need a new topic', (partitions) => {
    expect(problemsOf(released, { partitions })).toMatchObject([
      {
        subject: 'a.v1',
        value: `partitions = ${partitions}`,
        rule: 'topics-as-released',
        message: expect.stringMatching(/exists with 3: .* Make a new topic, such as a\.v2,/),
      },
    ]);
  });

  test('a topic that exists must stay', () => {
    expect(problemsOf({ ...released, 'b.v9': { partitions: 3 } })).toMatchObject([
      { subject: 'b.v9', value: 'topic = none', message: expect.stringContaining('To retire it') },
    ]);
  });

  test('a new topic is recorded, so that it cannot change afterwards', () => {
    expect(problemsOf({ 'c.dlq': { partitions: 1 } })).toMatchObject([
      { subject: 'a.v1', message: expect.stringContaining("'a.v1': { partitions: 3 } to released-topics.ts") },
    ]);
  });
});
