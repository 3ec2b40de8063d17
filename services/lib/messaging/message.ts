/** A record to publish. The key decides the partition, and with it the order: ours is the order id. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  /** Null is a tombstone. */
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it was read: anybody may have written it. Of a header given more than once, the last counts. */
export interface IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Publishes all messages, or rejects: then some may have been published. One try; the caller decides about the next. */
export interface Publisher {
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}
