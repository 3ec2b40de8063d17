/** Workarounds for defects of kafkajs 2.2.4, which has had no release since 2023 (docs/adr/0004). */
import { createRequire } from 'node:module';
import './unreadable-batches.ts';

/** The part of kafkajs' request queue that the workaround uses. */
export interface RequestQueue {
  readonly pending: unknown[];
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

const require = createRequire(import.meta.url);
const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

/**
 * kafkajs looks for pending requests once a millisecond on every connection, forever, even if none is pending
 * (https://github.com/tulios/kafkajs/issues/1704). That costs 5 % of a core for each idle consumer, and a
 * TimeoutNegativeWarning in Node.js 24. With this import kafkajs looks only while a request is pending.
 */
prototype.scheduleCheckPendingRequests = function scheduleIfPending() {
  if (this.pending.length > 0) schedule.call(this);
};

/** The part of kafkajs' cluster that the workaround uses. */
export interface GroupCoordinators {
  findGroupCoordinatorMetadata(request: { readonly groupId: string }): Promise<unknown>;
}

const { prototype: coordinators } = require('kafkajs/src/cluster') as { prototype: GroupCoordinators };
const find = coordinators.findGroupCoordinatorMetadata;
const { KafkaJSBrokerNotFound } = require('kafkajs/src/errors') as {
  KafkaJSBrokerNotFound: new (message: string) => Error;
};

/**
 * While a broker shuts down, or just after it has started, no broker may be able to name the coordinator of a group.
 * kafkajs takes that for final, and the consumer stops (https://github.com/tulios/kafkajs/issues/1630). With this import
 * it is an error that kafkajs retries.
 */
coordinators.findGroupCoordinatorMetadata = async function findOrRetry(request) {
  return find.call(this, request).catch((error: unknown) => {
    const isNotFound = error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound';
    throw isNotFound ? new KafkaJSBrokerNotFound(error.message) : error;
  });
};

/** True if the broker refuses a batch because of its size. */
export const isTooLarge = (error: unknown): boolean => hasType(error, ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** True if the broker has no such topic. */
export const isMissingTopic = (error: unknown): boolean => hasType(error, ['UNKNOWN_TOPIC_OR_PARTITION']);

/** kafkajs has no classes for the broker's errors, and may wrap them. */
function hasType(error: unknown, types: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: unknown };
  return (typeof type === 'string' && types.includes(type)) || hasType(error.cause, types);
}

/** The part of kafkajs' producer that opens and closes its connection. */
interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * Runs work over a connection, and reopens the connection before the next piece of work if one has failed. Without its
 * own retries kafkajs keeps using a connection that is lost, and every request after that fails.
 *
 * @param isAnswer whether an error shows that the connection is in order. Reopened, the end of its old socket would fail
 *   the next request
 */
export function reconnecting(
  connection: Connectable,
  isAnswer: (error: unknown) => boolean = (error) => isTooLarge(error) || isMissingTopic(error),
): <T>(work: () => Promise<T>) => Promise<T> {
  let isBroken = false;
  let repair: Promise<void> | undefined;
  const reconnect = async () => {
    await connection.disconnect().catch(() => undefined);
    await connection.connect();
    isBroken = false;
  };
  return async (work) => {
    if (isBroken) {
      repair ??= reconnect().finally(() => {
        repair = undefined;
      });
      await repair;
    }
    try {
      return await work();
    } catch (error) {
      isBroken = !isAnswer(error);
      throw error;
    }
  };
}
