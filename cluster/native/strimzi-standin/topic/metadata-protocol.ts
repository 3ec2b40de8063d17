/**
 * Kafka's Metadata request, version 12: what the broker says of one topic, its id included. kafkajs speaks version 6 at
 * most, which has no topic ids, and Strimzi's KafkaTopic status has one.
 * @see https://kafka.apache.org/protocol#The_Messages_Metadata
 */
const METADATA_API_KEY = 3;
const METADATA_VERSION = 12;
const CLIENT_ID = 'strimzi-standin';

/** UNKNOWN_TOPIC_OR_PARTITION, and INVALID_TOPIC_EXCEPTION: a name that no topic can have. */
const NO_SUCH_TOPIC = [3, 17];

export interface TopicMetadata {
  /** 22 characters: the id's 16 bytes in unpadded URL-safe base64, as Kafka's own tools print it. */
  readonly topicId: string;
  /** One entry a partition, ordered by its number: how many replicas it has. */
  readonly replicasByPartition: readonly number[];
}

/** The request's frame, with its length in front. Names up to 126 bytes need one length byte, longer ones two. */
export function encodeMetadataRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  const clientId = Buffer.from(CLIENT_ID);
  const header = Buffer.alloc(10);
  header.writeInt16BE(METADATA_API_KEY, 0);
  header.writeInt16BE(METADATA_VERSION, 2);
  header.writeInt32BE(1, 4);
  header.writeInt16BE(clientId.length, 8);
  const noTags = Buffer.of(0);
  const topics = Buffer.concat([Buffer.of(2), Buffer.alloc(16), uvarint(name.length + 1), name, noTags]);
  // allow_auto_topic_creation: false; include_topic_authorized_operations: false
  const body = Buffer.concat([header, clientId, noTags, topics, Buffer.of(0, 0), noTags]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/**
 * @param frame the response without its length.
 * @returns undefined where the broker has no such topic.
 * @throws Error with Kafka's error code for any other error.
 */
export function decodeMetadataResponse(frame: Buffer): TopicMetadata | undefined {
  const read = reader(frame);
  read.skip(4); // correlation id
  read.tags();
  read.skip(4); // throttle time
  read.array(() => {
    read.skip(4);
    read.string();
    read.skip(4);
    read.string();
    read.tags();
  });
  read.string(); // cluster id
  read.skip(4); // controller
  const [topic] = read.array(() => {
    const errorCode = read.int16();
    read.string();
    const topicId = read.bytes(16).toString('base64url');
    read.skip(1);
    const partitions = read.array(() => {
      read.skip(2);
      const index = read.int32();
      read.skip(8);
      const replicas = read.array(() => read.int32()).length;
      read.array(() => read.int32());
      read.array(() => read.int32());
      read.tags();
      return { index, replicas };
    });
    read.skip(4);
    read.tags();
    return { errorCode, topicId, partitions };
  });
  if (topic === undefined || NO_SUCH_TOPIC.includes(topic.errorCode)) return undefined;
  if (topic.errorCode !== 0)
    throw new Error(`the broker answered a Metadata request with error code ${topic.errorCode}`);
  const partitions = topic.partitions.toSorted((a, b) => a.index - b.index);
  return { topicId: topic.topicId, replicasByPartition: partitions.map(({ replicas }) => replicas) };
}

function uvarint(value: number): Buffer {
  return value < 0x80 ? Buffer.of(value) : Buffer.of((value & 0x7f) | 0x80, value >> 7);
}

function reader(frame: Buffer) {
  let at = 0;
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const length = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = frame.readUInt8(take(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  return {
    skip: take,
    int16: () => frame.readInt16BE(take(2)),
    int32: () => frame.readInt32BE(take(4)),
    bytes: (size: number) => frame.subarray(at, take(size) + size),
    /** A compact string: its length plus one, or 0 for null. */
    string: () => void take(Math.max(0, length() - 1)),
    array: <T>(item: () => T): readonly T[] => Array.from({ length: Math.max(0, length() - 1) }, item),
    tags: () => {
      for (let left = length(); left > 0; left -= 1) {
        length();
        take(length());
      }
    },
  };
}
