import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** The header by which the gateway, all services and the logs identify a request. */
export const requestIdHeader = 'x-request-id';

const storage = new AsyncLocalStorage<string>();

/**
 * Accepts the received id if it is well-formed, or creates one, so that clients cannot write arbitrary text to logs.
 */
export function acceptRequestId(received: string | undefined): string {
  return received !== undefined && /^[\x21-\x7e]{1,128}$/.test(received) ? received : randomUUID();
}

/** Runs `work` so that all its calls and log lines carry this request id. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return storage.run(requestId, work);
}

/** The id of the current request; undefined in background work. */
export function currentRequestId(): string | undefined {
  return storage.getStore();
}
