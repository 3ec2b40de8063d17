import { expect, test } from 'vitest';
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
  stepOf,
} from './saga.ts';

/**
 * Follows the decisions to the end.
 * @param rejected the step that is rejected
 */
function run(steps: Steps, rejected?: StepName, isCancelRequested = false): { log: string[]; end: Steps } {
  const log: string[] = [];
  for (;;) {
    const action = nextAction(steps, isCancelRequested);
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

test.each([
  ['authorize', firstSteps(false), ['cancel', 'close']],
  ['reserve', firstSteps(true), ['cancel', 'release', 'reverse', 'close']],
  ['capture', { ...firstSteps(true), reserve: 'done' } as Steps, ['cancel', 'release', 'reverse', 'close']],
])('an operator cancels an order before %s: what may have happened is compensated', (_, steps, way) => {
  const { log, end } = run(steps, undefined, true);
  expect(log).toEqual(way);
  expect(causeOf(end, true)).toBe('by-operator');
  expect(Object.values(end)).not.toContain('compensating');
});

test.each([
  ['waits for its shipment', { ...firstSteps(true), reserve: 'done', capture: 'done' } as Steps, 'wait'],
  ['is shipped', { ...firstSteps(true), reserve: 'done', capture: 'done', ship: 'done' } as Steps, 'close'],
  ['is being cancelled', afterRejection(firstSteps(true), 'reserve'), 'compensate'],
])('a request to cancel an order that %s changes nothing', (_, steps, kind) => {
  expect(nextAction(steps, true)).toEqual(nextAction(steps));
  expect(nextAction(steps, true).kind).toBe(kind);
});
