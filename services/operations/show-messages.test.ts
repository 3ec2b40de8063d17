import { expect, test } from 'vitest';
import { tabulate } from './show-messages.ts';

test('the list of dead-letter messages escapes what a terminal would interpret', () => {
  const clearScreen = '\u001b[2J\n';
  const deadLetter = {
    id: 'notifications/17',
    group: 'notifications',
    cause: `refused${clearScreen}`,
    reason: `no reason${clearScreen}`,
    attempts: 1,
    originalPosition: `orders.v1${clearScreen}/0/1`,
    originalTopic: `orders.v1${clearScreen}`,
    isUnsent: false,
    traceId: '',
    at: '2026-11-26T10:00:00.000Z',
    isCut: false,
    key: `o-1${clearScreen}`,
  };
  const [heading, row, ...others] = tabulate([deadLetter], Date.parse('2026-11-26T10:00:07Z')).split('\n');
  expect(others).toEqual([]);
  expect(heading).toMatch(/^ID +ORIGINAL +CAUSE +AGE +ORDER +ATTEMPTS +REASON$/);
  expect(row?.split(/ {2,}/)).toEqual([
    'notifications/17',
    'orders.v1\\u001b[2J\\n/0/1',
    'refused\\u001b[2J\\n',
    '7 s',
    'o-1\\u001b[2J\\n',
    '1',
    'no reason\\u001b[2J\\n',
  ]);
});
