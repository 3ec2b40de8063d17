import type { Admin } from 'kafkajs';

/** A consumer group and what it reads. */
export interface GroupRef {
  readonly group: string;
  readonly topics: readonly string[];
}

/** How many records the group has still to read. */
export async function readLag(admin: Admin, { group, topics }: GroupRef): Promise<number> {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const bounds = await admin.fetchTopicOffsets(topic);
      return bounds.map(({ partition, low, high }) => {
        // -1: none committed, so that the whole partition is still to be read.
        const offset = partitions.find((each) => each.partition === partition)?.offset ?? '-1';
        return Number(high) - Math.max(Number(offset), Number(low));
      });
    }),
  );
  return lags.flat().reduce((sum, lag) => sum + lag, 0);
}

/** Lets a group without members read its topics again from their first record on. */
export async function rewindGroup(admin: Admin, { group, topics }: GroupRef): Promise<void> {
  for (const topic of topics) {
    const bounds = await admin.fetchTopicOffsets(topic);
    const partitions = bounds.map(({ partition, low }) => ({ partition, offset: low }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  }
}

/** Drops every record that is there: all topics begin with what comes next. */
export async function startTopicsHere(admin: Admin): Promise<void> {
  for (const topic of (await admin.listTopics()).filter((name) => !name.startsWith('__'))) {
    const bounds = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: bounds.map(({ partition, high }) => ({ partition, offset: high })),
    });
  }
}
