import { expect, test } from 'vitest';
import type { Saga } from '../decisions/saga-step.ts';
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

test('an interaction says its times and tries, and what happens when it fails', () => {
  const document = writeDecisions(model);
  expect(rowOf(document, 'Check')).toContain('300 ms | 3, on unavailable');
  expect(rowOf(document, 'Reserve')).toContain('6.5 s | 3 of 2 s each');
  expect(document).toContain('after 5 failures in a row, it ejects for 30 s');
  expect(document).toContain('when 50 % of at least 20 calls within 2 s fail, it ejects for 10 s');
  for (const { decision } of topology.interactions)
    expect(document).toContain(`| when it fails | ${decision.onFailure} |`);
});

test('each route from the edge has its availability', () => {
  expect(rowOf(writeDecisions(model), '`POST /v1/orders`')).toMatch(/^\| `POST .*` \| 4 \| [\d.]+ % \| [\d.]+ % \|$/);
});

test('the rejected tactic stands in the catalogue with its reason', () => {
  expect(rowOf(writeDecisions(model), '`two-phase-commit`')).toMatch(/rejected.*holds locks/);
});

test("the first of two who try has its policy's time", () => {
  expect(rowOf(sagaDocument, 'authorise')).toContain('orders within 300 ms, else orders-worker | `payments.Authorize`');
});

test('compensations run in reverse order, each once', () => {
  const steps = saga.steps.filter(({ name }) => name !== 'ship');
  const failingLast: Saga = { ...saga, steps: [...steps, { ...saga.steps[2], name: 'pack' }] };
  const back = writeSaga(failingLast, model).split('## The way back')[1] ?? '';
  expect(rowOf(back, 'pack')).toBe(
    '| pack | `payments.Reverse` by orders-worker, then `inventory.Release` by orders-worker |',
  );
});

test('what topology.ts does not have yet is marked, and no longer once it has it', () => {
  expect(rowOf(sagaDocument, 'ship')).toContain('fulfillment \\*');
  const built = { ...topology, services: { ...topology.services, fulfillment: topology.services.notifications } };
  expect(rowOf(writeSaga(saga, { ...model, topology: built }), 'ship')).toContain('| fulfillment |');
});

test('a pipe does not end a cell', () => {
  expect(table(['a'], [['b|c']])).toContain('| b\\|c |');
});
