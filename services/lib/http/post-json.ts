import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import { currentRequestId, requestIdHeader } from './request-id.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Parsed JSON; undefined if the answer is not JSON, such as a proxy's error page. */
  readonly body: unknown;
}

/** The certificates that a TLS call trusts, if they are not those that Node trusts by default. */
export type Trust = Pick<ConnectionOptions, 'ca' | 'allowPartialTrustChain' | 'checkServerIdentity'>;

/**
 * Sends one POST with the current request id. It makes one attempt and has no timeout: the mesh is responsible for
 * both, and a service's own retries would multiply with the mesh's. It does not use `fetch`, because the http
 * instrumentation adds the trace headers.
 * @throws the socket's error: ECONNREFUSED if nothing was sent, ECONNRESET if the outcome is unknown
 */
export async function postJson(
  url: URL,
  body: unknown,
  headers: Record<string, string>,
  trust: Trust = {},
): Promise<JsonAnswer> {
  const requestId = currentRequestId();
  const payload = JSON.stringify(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
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
    outgoing.once('response', resolve).once('error', reject).end(payload);
  });
  const content = await text(response);
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: parseJson(content),
  };
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
