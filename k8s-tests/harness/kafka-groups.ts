import type { Admin } from 'kafkajs';

/** A consumer group and its topics. */
export interface GroupRef {
  readonly group: string;
  readonly topics: readonly string[];
}

/** The number of records that the group has not read yet. */
export async function readLag(admin: Admin, { group, topics }: GroupRef): Promise<number> {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const bounds = await admin.fetchTopicOffsets(topic);
      return bounds.map(({ partition, low, high }) => {
        // -1 means no committed offset, so the group has not read any of the partition. Nor has it if its offset is
        // beyond the end: the broker will tell it to begin with the first record.
        const offset = Number(partitions.find((each) => each.partition === partition)?.offset ?? '-1');
        return Number(high) - (offset > Number(high) ? Number(low) : Math.max(offset, Number(low)));
      });
    }),
  );
  return lags.flat().reduce((sum, lag) => sum + lag, 0);
}

/** Makes a group without members read its topics again from the first record. */
export async function rewindGroup(admin: Admin, { group, topics }: GroupRef): Promise<void> {
  for (const topic of topics) {
    const bounds = await admin.fetchTopicOffsets(topic);
    const partitions = bounds.map(({ partition, low }) => ({ partition, offset: low }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  }
}

/** Deletes all records of all topics, so that each topic begins with its next record. */
export async function startTopicsHere(admin: Admin): Promise<void> {
  for (const topic of (await admin.listTopics()).filter((name) => !name.startsWith('__'))) {
    const bounds = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: bounds.map(({ partition, high }) => ({ partition, offset: high })),
    });
  }
}
