import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { topology } from '../topology.ts';
import { kafkaUsers } from './kafka-users.ts';

/** What a user may do, as `topic a.v1: Write Describe`; a prefix ends in `*`. */
function rights(name: string, of = exampleTopology as Parameters<typeof kafkaUsers>[0]): string[] | undefined {
  const user = kafkaUsers(of).find((one) => one.name === name);
  return user?.acls.map(
    ({ resource: { type, name: resource, patternType }, operations }) =>
      `${type} ${resource}${patternType === 'prefix' ? '*' : ''}: ${operations.join(' ')}`,
  );
}

test('a producer writes its topics and sees their ends, and reads none', () => {
  expect(rights('a')).toEqual(['topic a.v1: Write Describe']);
});

test('a consumer reads its topics in the group of its name, and writes its own dead letters', () => {
  expect(rights('c')).toEqual(['topic c.dlq: Write Describe', 'topic a.v1: Read Describe', 'group c: Read']);
});

test('a service without topics is no user', () => {
  expect(kafkaUsers(exampleTopology).map(({ name }) => name)).toEqual(['a', 'c', 'operators']);
});

test('a service that produces and consumes has the rights of both, each once', () => {
  expect(rights('orders-worker', topology)).toEqual([
    'topic orders.v1: Write Describe',
    'topic payments.v1: Write Describe',
    'topic inventory.v1: Write Describe',
    'topic orders-worker.dlq: Write Describe',
    'topic fulfillment.v1: Read Describe',
    'group orders-worker: Read',
  ]);
});

test("operators read and write topics in groups of their commands, and cannot touch a service's group", () => {
  expect(rights('operators')).toEqual([
    'topic a.v1: Read Write Describe',
    'topic c.dlq: Read Write Describe',
    'group reader-*: Read Describe Delete',
    'group c-rebuild-*: Read Describe Delete',
  ]);
});

test('only producers and operators write a topic that is not for dead letters', () => {
  for (const topic of Object.keys(topology.topics).filter((name) => !name.endsWith('.dlq'))) {
    const producers = topology.interactions.flatMap((one) =>
      one.style === 'async' && one.topic === topic ? [one.producer] : [],
    );
    const writers = kafkaUsers(topology).filter(({ acls }) =>
      acls.some(({ resource, operations }) => resource.name === topic && operations.includes('Write')),
    );
    expect(writers.map(({ name }) => name)).toEqual([...new Set(producers), 'operators']);
  }
});
