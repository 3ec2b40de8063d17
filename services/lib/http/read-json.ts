import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { DomainError, type FieldError } from '../runtime/domain-error.ts';

const bodyLimitBytes = 64 * 1024;

const parseBody = express.json({ limit: bodyLimitBytes, type: () => true, strict: false, verify: requireUtf8 });

/**
 * Reads any media type as JSON. A body that is not JSON gets a 400 that says so, rather than a 415 or an empty body.
 * Whatever the parser fails with, the client has sent what it fails on. The parser's errors hold the body, so they are
 * not passed on, where they could be logged.
 *
 * @throws DomainError `too-large` over 64 KiB, also once decompressed; `invalid`
 */
export const readJson: RequestHandler = (request, response, next) =>
  parseBody(request, response, (thrown?: unknown) => next(thrown && toBodyError(thrown)));

/** A decoder would replace bytes that are not UTF-8, and store what the client did not send. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw new BodyError('charset.unsupported');
  if (!isUtf8(body)) throw new BodyError('entity.parse.failed');
}

/** An error with the `type` by which express.json describes its own. */
class BodyError extends Error {
  readonly type: string;

  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

const bodyErrors: Readonly<Record<string, FieldError>> = {
  'charset.unsupported': { field: 'Content-Type', message: 'must have the charset UTF-8, or none' },
  'encoding.unsupported': { field: 'Content-Encoding', message: 'must be gzip, deflate, br or identity' },
  'entity.parse.failed': { field: 'body', message: 'must be JSON in UTF-8' },
};

function toBodyError(thrown: unknown): DomainError {
  const type = thrown instanceof Error && 'type' in thrown ? String(thrown.type) : '';
  if (type === 'entity.too.large') return new DomainError('too-large', `The body is over ${bodyLimitBytes} bytes.`);
  const error = bodyErrors[type] ?? {
    field: 'body',
    message: 'must be complete, and encoded as Content-Encoding says',
  };
  return new DomainError('invalid', 'The body cannot be read.', { errors: [error] });
}
