import { expect, test } from 'vitest';
import { topology } from '../../cdk8s/topology.ts';
import { replayableDays } from '../../services/analytics/rebuild-facts.ts';

test('a rebuild deletes facts only of days that the topic still has, with a day to spare', () => {
  expect(replayableDays).toBe(topology.topics['orders.v1'].retentionDays - 1);
});
