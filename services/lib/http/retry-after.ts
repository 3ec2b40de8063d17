import type { IncomingHttpHeaders } from 'node:http';

/**
 * Reads `Retry-After` of an answer: seconds, or a date, which is compared with the answer's own `Date`, because the
 * clocks of the two sides may differ.
 * @returns milliseconds; undefined if there is none, or none that makes sense
 */
export function parseRetryAfter(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1_000;
  const [at, sentAt] = [Date.parse(value), Date.parse(headers.date ?? '')];
  if (/^[A-Z][a-z]{2,8},? /.test(value) && at >= sentAt) return at - sentAt;
  return undefined;
}
