import { expect, test } from 'vitest';
import { backOffMs } from '../../lib/runtime/timing.ts';
import {
  afterCompensation,
  afterDone,
  afterRejection,
  afterWork,
  causeOf,
  firstSteps,
  nameOf,
  nextAction,
  type StepName,
  type Steps,
  stateOf,
  stepBackOff,
  stepOf,
} from './saga.ts';

/**
 * Follows the decisions to the end.
 * @param rejected the step that is rejected
 */
function run(steps: Steps, rejected?: StepName): { log: string[]; end: Steps } {
  const log: string[] = [];
  for (;;) {
    const action = nextAction(steps);
    if (action.kind === 'nothing') return { log, end: steps };
    log.push(action.kind === 'wait' ? 'wait' : nameOf(action));
    if (action.kind !== 'wait') steps = afterWork(steps, action, stepOf(action) === rejected);
    else steps = rejected === 'ship' ? afterRejection(steps, 'ship') : afterDone(steps, 'ship');
  }
}

test('an order that was authorized while its customer waited is reserved, captured, shipped and closed', () => {
  const { log, end } = run(firstSteps(true));
  expect(log).toEqual(['reserve', 'capture', 'wait', 'close']);
  expect(new Set(Object.values(end))).toEqual(new Set(['done']));
});

test('a pending order is authorized first', () => {
  expect(run(firstSteps(false)).log[0]).toBe('authorize');
});

test.each([
  ['authorize', 'declined', ['close']],
  ['reserve', 'out-of-stock', ['reverse', 'close']],
  ['capture', 'capture-refused', ['release', 'reverse', 'close']],
  ['ship', 'shipment-failed', ['release', 'reverse', 'close']],
] as const)(
  'when %s is rejected the order is cancelled as %s after all effects are compensated',
  (rejected, cause, way) => {
    const { log, end } = run(firstSteps(false), rejected);
    expect(log.slice(-way.length)).toEqual(way);
    expect(causeOf(end)).toBe(cause);
    expect(Object.values(end).filter((state) => state === 'done')).toHaveLength(1);
    expect(Object.values(end)).not.toContain('compensating');
  },
);

test('one reversal compensates a capture and its authorization', () => {
  const rejected = afterRejection({ ...firstSteps(true), reserve: 'done', capture: 'done' }, 'ship');
  expect(rejected).toMatchObject({
    authorize: 'compensating',
    reserve: 'compensating',
    capture: 'compensating',
    ship: 'rejected',
  });
  expect(afterCompensation(rejected, 'authorize')).toMatchObject({ authorize: 'compensated', capture: 'compensated' });
});

test('the state of a saga tells whether it runs, waits, compensates or has ended', () => {
  const ready: Steps = { ...firstSteps(true), reserve: 'done', capture: 'done' };
  const rejected = afterRejection(ready, 'ship');
  const reversed = afterCompensation(afterCompensation(rejected, 'reserve'), 'authorize');
  const states = [firstSteps(false), ready, afterDone(ready, 'ship'), rejected, reversed, afterDone(reversed, 'close')];
  expect(states.map((steps) => stateOf(steps))).toEqual([
    'running',
    'waiting',
    'running',
    'compensating',
    'compensating',
    'ended',
  ]);
});

test('the pause after a failure doubles from 200 ms and ends at 5 s', () => {
  expect([1, 2, 3, 5, 6, 50].map((failures) => backOffMs(stepBackOff, failures))).toEqual([
    200, 400, 800, 3200, 5000, 5000,
  ]);
});
