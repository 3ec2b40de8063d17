import { createRequire } from 'node:module';

/** As far as we need it. */
export interface RequestQueue {
  readonly pending: unknown[];
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

const require = createRequire(import.meta.url);
const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

/**
 * kafkajs 2.2.4 looks for pending requests once a millisecond on every connection, forever, even if none is pending
 * (https://github.com/tulios/kafkajs/issues/1704): 5 % of a core for each consumer that has nothing to do, and a
 * TimeoutNegativeWarning in Node.js 24. With this import it looks only while one is pending.
 */
prototype.scheduleCheckPendingRequests = function scheduleIfPending() {
  if (this.pending.length > 0) schedule.call(this);
};
