import { formatAge, printable } from '../../lib/runtime/printable.ts';
import { fromStoredName, fromStoredState } from '../saga/stored-steps.ts';
import type { OpenOrder, RepeatFacts, SagaFacts } from './read-sagas.ts';

const columns = [
  ['ORDER', 36],
  ['STATUS', 9],
  ['WAITS FOR', 9],
  ['AGE', 7],
  ['LATE', 4],
  ['FAILURES', 8],
  ['LAST ERROR', 0],
] as const;
const longestError = 100;

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => cell.padEnd(columns[index]?.[1] ?? 0))
    .join('  ')
    .trimEnd();

/** The lines of `list`, one for each order as it is read, so the widths of the columns are fixed. */
export async function* describeOrders(orders: AsyncIterable<OpenOrder>): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const order of orders) {
    if (isEmpty) yield line(columns.map(([name]) => name));
    isEmpty = false;
    const { orderId, status, waitsFor, ageSeconds, isLate, failures, isCancelRequested, lastError = '' } = order;
    const notes = [isCancelRequested ? '(to be cancelled)' : '', printable(lastError, longestError)];
    const last = notes.filter(Boolean).join(' ');
    yield line([orderId, status, waitsFor, formatAge(ageSeconds), isLate ? 'yes' : 'no', String(failures), last]);
  }
  if (isEmpty) yield 'None.';
}

/** When the saga goes on. While an order waits for its shipment, its columns have another meaning (ask-again.ts). */
function describePace({ state, attempts, next_attempt_at: at }: SagaFacts): string {
  if (state === 'waiting') return `fulfillment was asked again: ${attempts} times; last change: ${at.toISOString()}`;
  return `next attempt: ${at.toISOString()} after ${attempts} failures`;
}

/** What `list` says about repeats; nothing if nothing is open. */
export function describeRepeats({ open, short }: RepeatFacts): string[] {
  return [
    ...(open === 0 ? [] : [`Stock calls that orders-worker still has to repeat: ${open}.`]),
    ...short.map(({ orderId, result }) => printable(`Order ${orderId} is not reserved again; ${result}`)),
  ];
}

/** The text of `show`. */
export function describeSaga(orderId: string, facts: SagaFacts): string {
  const time = (date: Date | null) => date?.toISOString() ?? 'never';
  const isOpen = facts.ended_at === null;
  return [
    `order: ${orderId}`,
    `status: ${facts.status}`,
    `saga: ${facts.state}${facts.reason === null ? '' : `, ${facts.reason}`}`,
    `placed: ${time(facts.started_at)}`,
    isOpen ? `waits for: ${facts.waits_for}, ${facts.is_late ? 'late' : 'not late'}` : `ended: ${time(facts.ended_at)}`,
    ...(isOpen ? [describePace(facts)] : []),
    ...(facts.stuck_since ? [`stuck since: ${time(facts.stuck_since)}`] : []),
    ...(isOpen && facts.cancel_requested_at ? [`to be cancelled since: ${time(facts.cancel_requested_at)}`] : []),
    ...(facts.is_reversal_due ? ['payment: may be held; it is being reversed'] : []),
    'steps:',
    ...facts.steps.map(({ step, state, attempts, last_error, detail }) => {
      const more = [last_error, detail === null ? null : JSON.stringify(detail)].filter((text) => text !== null);
      const said = [`  ${fromStoredName(step)}: ${fromStoredState(state)}, ${attempts} attempts`, ...more];
      return printable(said.join('; '));
    }),
    'history:',
    ...facts.history.map(({ at, status, reason }) => `  ${at} ${status}${reason === null ? '' : `: ${reason}`}`),
    facts.actions.length === 0 ? 'by hand: nothing' : 'by hand:',
    ...facts.actions.map(({ at, action, reason, by_whom, result }) => {
      const call = action === 'repeat' ? `; stock call: ${result ?? 'not repeated yet'}` : '';
      return printable(`  ${at} ${action}${by_whom === null ? '' : ` by ${by_whom}`}: ${reason}${call}`);
    }),
  ].join('\n');
}
