import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** The header by which the gateway, all services and the logs name one request. */
export const requestIdHeader = 'x-request-id';

const storage = new AsyncLocalStorage<string>();

/** Takes the gateway's id if it is one, else makes one: a header from outside is not to fill logs. */
export function acceptRequestId(received: string | undefined): string {
  return received !== undefined && /^[\x21-\x7e]{1,128}$/.test(received) ? received : randomUUID();
}

/** Runs `work` so that all it calls, logs and sends belongs to this request. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return storage.run(requestId, work);
}

/** The id of the request being worked on; undefined in background work. */
export function currentRequestId(): string | undefined {
  return storage.getStore();
}
