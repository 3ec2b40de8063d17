import { isUtf8 } from 'node:buffer';
import type { DeadLetterMessage, WholeDeadLetterMessage } from '../lib/messaging/dead-letter-queue.ts';
import { formatAge, printable } from '../lib/runtime/printable.ts';

const columns = ['ID', 'ORIGINAL', 'CAUSE', 'AGE', 'ORDER', 'ATTEMPTS', 'REASON'];
const longestReason = 80;

/** Formats a table, in the given order. */
export function tabulate(messages: readonly DeadLetterMessage[], nowMs: number): string {
  if (messages.length === 0) return 'No dead-letter messages.';
  const rows = messages.map((deadLetter) => [
    deadLetter.id,
    printable(deadLetter.originalPosition),
    printable(deadLetter.cause),
    formatAge((nowMs - Date.parse(deadLetter.at)) / 1_000),
    printable(deadLetter.key || '-').slice(0, 40),
    String(deadLetter.attempts),
    printable(deadLetter.reason).slice(0, longestReason),
  ]);
  const widths = columns.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
  return [columns, ...rows].map((cells) => line(cells).trimEnd()).join('\n');
}

/** Everything about one message: UTF-8 as text, other bytes as hexadecimal. */
export function describeMessage({ message, isCut, ...deadLetter }: WholeDeadLetterMessage): string {
  const { id, originalPosition, cause, reason, attempts, at, traceId } = deadLetter;
  const facts = { id, original: originalPosition, cause, reason, attempts, at, trace: traceId };
  const headers = Object.entries(message.headers).filter(([name]) => !name.startsWith('dl-'));
  return [
    ...Object.entries(facts).map(([name, value]) => `${name}: ${printable(String(value))}`),
    ...(isCut ? ['(what follows is cut: the message was too large to be kept whole)'] : []),
    `key: ${message.key === null ? 'none' : toText(message.key)}`,
    'headers:',
    ...headers.map(([name, value]) => `  ${printable(name)}: ${printable(value)}`),
    `value: ${message.value === null ? 'none: a tombstone' : toText(message.value)}`,
  ].join('\n');
}

function toText(bytes: Buffer): string {
  return isUtf8(bytes) ? printable(bytes.toString()) : `not UTF-8, ${bytes.length} bytes: ${bytes.toString('hex')}`;
}
