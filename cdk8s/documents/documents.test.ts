import { expect, test } from 'vitest';
import type { Saga } from '../model/saga-step.ts';
import { limits, policies } from '../policies.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { writeDecisions } from './decisions-document.ts';
import { table } from './markdown.ts';
import { writeSaga } from './saga-document.ts';

const model = { topology, policies, limits, saga };
const sagaDocument = writeSaga(saga, model);

function rowOf(document: string, first: string): string {
  return document.split('\n').find((line) => line.startsWith(`| ${first} |`)) ?? '';
}

test('an interaction states its times and attempts, and what happens when it fails', () => {
  const document = writeDecisions(model);
  const paragraphs = document.replaceAll('\n', ' ');
  expect(rowOf(document, 'Check')).toContain('300 ms | 3, on unavailable');
  expect(rowOf(document, 'Reserve')).toContain('6.5 s | 3 of 2 s each');
  expect(paragraphs).toContain('after 5 failures in a row, it ejects for 30 s');
  expect(paragraphs).toContain('when 50 % of at least 20 calls within 10 s fail, it ejects for 10 s');
  for (const { decision } of topology.interactions)
    expect(document).toContain(`| when it fails | ${decision.onFailure} |`);
});

test('each route from the gateway has its availability', () => {
  expect(rowOf(writeDecisions(model), '`POST /v1/orders`')).toMatch(/^\| `POST .*` \| 4 \| [\d.]+ % \| [\d.]+ % \|$/);
});

test('the rejected tactic is in the catalogue with its reason', () => {
  expect(rowOf(writeDecisions(model), '`two-phase-commit`')).toMatch(/rejected.*holds locks/);
});

test('the first of two services that attempt a step has the time of its policy', () => {
  expect(rowOf(sagaDocument, 'authorize')).toContain('orders within 300 ms, else orders-worker | `payments.Authorize`');
});

test('compensations run in reverse order, each once, in the place of its last step', () => {
  const steps = saga.steps.filter(({ name }) => name !== 'ship');
  const failingLast: Saga = { ...saga, steps: [...steps, { ...saga.steps[2], name: 'pack' }] };
  const back = writeSaga(failingLast, model).split('## Compensations')[1] ?? '';
  expect(rowOf(back, 'pack')).toBe(
    '| pack | `inventory.Release` by orders-worker, then `payments.Reverse` by orders-worker |',
  );
});

test('an event is listed once with its topic, for all its producers and consumers; a compensation names its own', () => {
  expect(rowOf(sagaDocument, '`payments.v1`')).toBe(
    '| `payments.v1` | `payment.authorized`, `payment.declined`, `payment.reversed`, `payment.captured` | orders-worker | – |',
  );
  expect(rowOf(sagaDocument, '`fulfillment.v1`')).toMatch(/\| fulfillment \| orders-worker \|$/);
  expect(rowOf(sagaDocument, 'reserve')).toContain('`inventory.Release`, `stock.released`');
});

test('a pipe does not end a cell', () => {
  expect(table(['a'], [['b|c']])).toContain('| b\\|c |');
});
