import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../lib/messaging/dead-letter-queue.ts';

const columns = ['ID', 'ORIGINAL', 'CAUSE', 'AGE', 'ORDER', 'ATTEMPTS', 'REASON'];
const longestReason = 80;

/** A table for people, in the order given. */
export function tabulate(letters: readonly DeadLetter[], nowMs: number): string {
  if (letters.length === 0) return 'No dead letters.';
  const rows = letters.map((letter) => [
    letter.id,
    letter.originalPosition,
    letter.cause,
    formatAge(nowMs - Date.parse(letter.at)),
    printable(letter.message.key?.toString() ?? '-').slice(0, 40),
    String(letter.attempts),
    printable(letter.reason).slice(0, longestReason),
  ]);
  const widths = columns.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
  return [columns, ...rows].map((cells) => line(cells).trimEnd()).join('\n');
}

/** Everything about one: what is text as text, other bytes as hexadecimal. */
export function describeLetter({ message, isCut, ...letter }: DeadLetter): string {
  const { id, originalPosition, cause, reason, attempts, at, traceId } = letter;
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

/** Anybody may have written it: no line ends, and nothing that a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => JSON.stringify(character).slice(1, -1));
}

function formatAge(ageMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [name, unitMs] = units.find(([, ms]) => ageMs >= ms) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ageMs / unitMs))} ${name}`;
}
