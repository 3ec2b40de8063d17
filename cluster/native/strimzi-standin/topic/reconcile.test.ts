import { expect, test } from 'vitest';
import { aTopic } from '../testing.ts';
import { ownerOf } from './reconcile.ts';

const at = (seconds: number) => ({ creationTimestamp: new Date(seconds * 1000) });

test('a name belongs to the oldest resource that claims it', () => {
  const first = aTopic('orders', {}, at(1));
  const second = aTopic('again', { topicName: 'orders' }, at(2));
  expect(ownerOf('orders', [second, first])).toBe(first);
});

test('of two resources of the same second the first by name owns the topic', () => {
  const [a, b] = [aTopic('a', { topicName: 'orders' }, at(1)), aTopic('b', { topicName: 'orders' }, at(1))];
  expect(ownerOf('orders', [b, a])).toBe(a);
});

test('an unmanaged resource claims nothing', () => {
  const topic = aTopic('orders', {}, { ...at(1), annotations: { 'strimzi.io/managed': 'false' } });
  expect(ownerOf('orders', [topic])).toBeUndefined();
});
