/** A record to publish. Its key decides the Kafka partition, and so which records stay in order. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  /** Null is a tombstone. */
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Stands in a message for a batch that cannot be read; the message has the batch's last offset. */
export interface UnreadableBatch {
  readonly firstOffset: string;
  readonly reason: string;
}

/** A record as it was read. Its content is untrusted. If a header is given more than once, the last one counts. */
export interface IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly unreadable?: UnreadableBatch | undefined;
}

/** The broker has refused a batch, or one message, as larger than its topic allows. It will refuse it again. */
export class TooLargeForBroker extends Error {
  override readonly name = 'TooLargeForBroker';
}

/**
 * Publishes all messages in one attempt. If it rejects, some may have been published; the caller decides about retries.
 * It rejects with TooLargeForBroker if fewer messages at once, or smaller ones, may succeed.
 */
export interface Publisher {
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}
