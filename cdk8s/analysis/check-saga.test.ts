import { expect, test } from 'vitest';
import type { Compensation, Saga, SagaStep } from '../model/saga-step.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { checkSaga } from './check-saga.ts';

const releaseStock = {
  kind: 'call',
  caller: 'orders-worker',
  rpc: 'inventory.Release',
  event: { topic: 'inventory.v1', type: 'stock.released' },
} as const satisfies Compensation;

function rejectionsOf(changed: Saga): string[] {
  return checkSaga({ topology, policies, limits, saga: changed }).map(
    ({ subject, rule, value }) => `${subject} ${rule}: ${value}`,
  );
}

/** Our saga with one step changed. */
function withStep(name: string, change: Partial<SagaStep>): Saga {
  const steps: readonly SagaStep[] = saga.steps;
  return { ...saga, steps: steps.map((step) => (step.name === name ? { ...step, ...change } : step)) };
}

test('our saga passes, and so does a model without a saga', () => {
  expect(rejectionsOf(saga)).toEqual([]);
  expect(checkSaga({ topology, policies, limits })).toEqual([]);
});

test('a call and a compensation that topology.ts does not have are named', () => {
  expect(rejectionsOf(withStep('reserve', { does: { kind: 'calls', rpc: 'inventory.Hold' } }))).toEqual([
    'saga.reserve calls-exist: rpc = orders-worker->inventory.Hold',
  ]);
  expect(rejectionsOf(withStep('reserve', { compensation: { ...releaseStock, caller: 'orders' } }))).toEqual([
    'saga.reserve calls-exist: rpc = orders->inventory.Release',
  ]);
});

test('every call carries a key, even where its dependency is no saga step', () => {
  const payments = policies['orders->payments'];
  const Authorize = { ...payments.rpcs.Authorize, idempotency: 'none' } as const;
  const unsafe = { ...policies, 'orders->payments': { ...payments, rpcs: { Authorize } } };
  expect(checkSaga({ topology, policies: unsafe, limits, saga })).toMatchObject([
    { subject: 'saga.authorize', rule: 'calls-are-by-key', value: 'rpc = orders->payments.Authorize' },
  ]);
});

test('an effect without a compensation is rejected, unless it is the last', () => {
  expect(rejectionsOf(withStep('reserve', { compensation: { kind: 'none-needed' } }))).toEqual([
    'saga.reserve effects-are-compensated: compensation = none-needed',
  ]);
  expect(rejectionsOf(withStep('capture', { compensation: { kind: 'retried-until-done' } }))).toEqual([
    'saga.capture effects-are-compensated: compensation = retried-until-done',
  ]);
});

test('services, topics and consumers exist', () => {
  expect(rejectionsOf(withStep('ship', { by: ['warehouse'] }))).toEqual(['saga.ship names-exist: by = warehouse']);
  expect(rejectionsOf(withStep('close', { events: [{ topic: 'order.v1', type: 'order.closed' }] }))).toEqual([
    'saga.close names-exist: event = order.closed',
  ]);
  const consumes = { kind: 'consumes', event: { topic: 'payments.v1', type: 'payment.captured' } } as const;
  expect(rejectionsOf(withStep('ship', { by: ['notifications'], does: consumes }))).toEqual([
    'saga.ship consumes-its-event: by = notifications',
  ]);
});

test('a topic of a compensation exists, too', () => {
  const event = { topic: 'stock.v1', type: 'stock.released' };
  expect(rejectionsOf(withStep('reserve', { compensation: { ...releaseStock, event } }))).toEqual([
    'saga.reserve names-exist: event = stock.released',
  ]);
});

test('a step waits only for an event that a step before it publishes', () => {
  expect(rejectionsOf(withStep('capture', { events: [] }))).toEqual([
    'saga.ship consumed-is-published: event = order.ready',
  ]);
});

test('two steps with the same name are rejected', () => {
  expect(rejectionsOf({ ...saga, steps: [...saga.steps, ...saga.steps.slice(-1)] })).toEqual([
    'saga.close steps-differ: name = close',
  ]);
});
