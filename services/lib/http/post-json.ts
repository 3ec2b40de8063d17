import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { currentRequestId, requestIdHeader } from './request-id.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Parsed JSON; undefined if the answer is not JSON by its media type and content, such as a proxy's error page. */
  readonly body: unknown;
  /** How long the server asks its client to wait, from `Retry-After`; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
}

/** The certificates that a TLS call trusts, if they are not those that Node trusts by default. */
export type Trust = Pick<ConnectionOptions, 'ca' | 'allowPartialTrustChain' | 'checkServerIdentity'>;

/** The bytes of an answer's body that are read at most. A larger answer is a failure: see AnswerTooLarge. */
export const answerLimitBytes = 64 * 1024;
const interimAnswersLimit = 10;

/** The server sent more than a client is willing to read. The connection is destroyed; the outcome is unknown. */
class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
  readonly code = 'ERR_ANSWER_TOO_LARGE';
}

/**
 * Sends one POST with the current request id. It makes one attempt, follows no redirect and has no timeout: the mesh is
 * responsible for timeouts and retries, and a service's own retries would multiply with the mesh's. It does not use
 * `fetch`, because the http instrumentation adds the trace headers. Memory is bounded, whatever the server sends.
 *
 * @throws AnswerTooLarge; the socket's error: ECONNREFUSED if nothing was sent, ECONNRESET or a parser's error (HPE_…)
 *   if the outcome is unknown
 */
export async function postJson(
  url: URL,
  body: unknown,
  headers: Record<string, string>,
  trust: Trust = {},
): Promise<JsonAnswer> {
  const response = await send(url, JSON.stringify(body), headers, trust);
  const content = await readLimited(response);
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: isPlainJson(response) ? parseJson(content) : undefined,
    retryAfterMs: parseRetryAfter(response.headers),
  };
}

function send(url: URL, payload: string, headers: Record<string, string>, trust: Trust): Promise<IncomingMessage> {
  const requestId = currentRequestId();
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = request(url, {
      ...trust,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload),
        ...(requestId !== undefined && { [requestIdHeader]: requestId }),
        ...headers,
      },
    });
    let interimAnswers = 0;
    outgoing
      .on('information', () => {
        interimAnswers += 1;
        if (interimAnswers > interimAnswersLimit) {
          outgoing.destroy(new AnswerTooLarge(`More than ${interimAnswersLimit} interim answers (1xx).`));
        }
      })
      .once('response', resolve)
      .on('error', reject)
      // A switch of protocols (101) closes the request without a response and without an error.
      .once('close', () => reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })))
      .end(payload);
  });
}

async function readLimited(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop by an error destroys the response and its connection.
    if (bytes > answerLimitBytes) throw new AnswerTooLarge(`The answer is over ${answerLimitBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** False for an encoding such as gzip, which was not asked for and is not decoded: its size is not the answer's. */
function isPlainJson({ headers }: IncomingMessage): boolean {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';', 1);
  const encoding = headers['content-encoding'] ?? 'identity';
  return /^application\/([\w.+-]+\+)?json$/i.test(mediaType.trim()) && encoding.trim().toLowerCase() === 'identity';
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    return undefined;
  }
}
