import { status as Status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { fromGrpcStatus, toGrpcStatus } from '../grpc/grpc-status.ts';
import { toProblem } from '../http/http-problem.ts';
import { DomainError, errorCodes } from './domain-error.ts';

test('an invalid request becomes a 400 problem that names every field', () => {
  const errors = [{ field: 'items[0].sku', message: 'is required' }];
  const problem = toProblem(new DomainError('invalid', 'The order breaks 1 rule.', { errors }));
  expect(problem).toMatchObject({ status: 400, detail: 'The order breaks 1 rule.', errors });
  expect(problem.type).toMatch(/\/invalid$/);
});

test('only an invalid request has a list of fields', () => {
  expect(toProblem(new DomainError('in-flight', 'Wait.'))).toMatchObject({ status: 409, detail: 'Wait.' });
  expect(toProblem(new DomainError('in-flight', 'Wait.'))).not.toHaveProperty('errors');
});

test('a defect becomes an internal error that does not show its cause', () => {
  const error = DomainError.from(new Error('postgres://u:secret@h/db'));
  expect(JSON.stringify(toProblem(error))).not.toContain('secret');
  expect(error.cause).toBeInstanceOf(Error);
});

test('only the code unavailable becomes gRPC UNAVAILABLE', () => {
  const details = { errors: [] };
  const unavailable = errorCodes.filter(
    (code) => toGrpcStatus(new DomainError(code as 'invalid', '', details)).code === Status.UNAVAILABLE,
  );
  expect(unavailable).toEqual(['unavailable']);
});

test('a status has at most 1,001 characters of details: more would end the connection of its caller', () => {
  const errors = [{ field: 'currency', message: `not ${'X'.repeat(100_000)}` }];
  const { details } = toGrpcStatus(new DomainError('invalid', 'The request breaks 1 rule.', { errors }));
  expect(details).toMatch(/^The request breaks 1 rule\. currency: not X+…$/);
  expect(details).toHaveLength(1_001);
});

test.each([Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED, Status.INTERNAL])(
  'a caller treats status %i as an unknown outcome',
  (code) => expect(fromGrpcStatus('payments.Authorize', { code, details: '' }).code).toBe('outcome-unknown'),
);

test.each([
  ['U+0000', 'upstream said \0', 'upstream said \uFFFD'],
  ['6,000 characters', 'y'.repeat(6_000), `${'y'.repeat(500)}…`],
])('the message of a failed call can be stored if its status has %s', (_what, details, stored) => {
  const { message } = fromGrpcStatus('payments.Authorize', { code: Status.ABORTED, details });
  expect(message).toBe(`payments.Authorize answered ABORTED: ${stored}`);
});

/** What Envoy's outlier detection counts as a 5xx. */
const counted = [
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.UNIMPLEMENTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
];

test("a breaker counts what is wrong with the callee, not one call's rejection or unknown outcome", () => {
  const details = { errors: [] };
  const breaking = errorCodes.filter((code) =>
    counted.includes(toGrpcStatus(new DomainError(code as 'invalid', '', details)).code),
  );
  expect(breaking).toEqual(['unavailable', 'internal']);
});
