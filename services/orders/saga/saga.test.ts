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
 * @param refused the step that answers no
 */
function run(steps: Steps, refused?: StepName): { log: string[]; end: Steps } {
  const log: string[] = [];
  for (;;) {
    const action = nextAction(steps);
    if (action.kind === 'nothing') return { log, end: steps };
    log.push(action.kind === 'wait' ? 'wait' : nameOf(action));
    if (action.kind !== 'wait') steps = afterWork(steps, action, stepOf(action) === refused);
    else steps = refused === 'ship' ? afterRejection(steps, 'ship') : afterDone(steps, 'ship');
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
] as const)('when %s is refused the order is cancelled as %s after all effects are undone', (refused, cause, way) => {
  const { log, end } = run(firstSteps(false), refused);
  expect(log.slice(-way.length)).toEqual(way);
  expect(causeOf(end)).toBe(cause);
  expect(Object.values(end).filter((state) => state === 'done')).toHaveLength(1);
  expect(Object.values(end)).not.toContain('compensating');
});

test('one reversal undoes a capture and its authorization', () => {
  const refused = afterRejection({ ...firstSteps(true), reserve: 'done', capture: 'done' }, 'ship');
  expect(refused).toMatchObject({
    authorize: 'compensating',
    reserve: 'compensating',
    capture: 'compensating',
    ship: 'rejected',
  });
  expect(afterCompensation(refused, 'authorize')).toMatchObject({ authorize: 'compensated', capture: 'compensated' });
});

test('a state says what a saga does: run, wait, compensate or nothing any more', () => {
  const ready: Steps = { ...firstSteps(true), reserve: 'done', capture: 'done' };
  const refused = afterRejection(ready, 'ship');
  const undone = afterCompensation(afterCompensation(refused, 'reserve'), 'authorize');
  const states = [firstSteps(false), ready, afterDone(ready, 'ship'), refused, undone, afterDone(undone, 'close')];
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
