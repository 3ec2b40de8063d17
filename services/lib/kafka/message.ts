/** A record to publish. The key decides the partition, and with it the order: ours is the order id. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it was read. */
export interface IncomingMessage extends OutgoingMessage {
  readonly partition: number;
  readonly offset: string;
}

/** Publishes all messages, or rejects: then some may have been published. One try; the caller decides about the next. */
export interface Publisher {
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}
