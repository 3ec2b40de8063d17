import type { Admin } from 'kafkajs';

/** How many records a group has still to read, over all topics that it ever committed an offset of. */
export async function readLag(admin: Admin, group: string): Promise<number> {
  const committed = await admin.fetchOffsets({ groupId: group });
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const ends = await admin.fetchTopicOffsets(topic);
      return partitions.map(({ partition, offset }) => {
        const bounds = ends.find((each) => each.partition === partition);
        // -1: none committed, so that the whole partition is still to be read.
        const next = Math.max(Number(offset), Number(bounds?.low ?? 0));
        return Number(bounds?.high ?? 0) - next;
      });
    }),
  );
  return lags.flat().reduce((sum, lag) => sum + lag, 0);
}

/** Lets a group without members read its topics again from their first record on. */
export async function rewindGroup(admin: Admin, group: string): Promise<void> {
  for (const { topic } of await admin.fetchOffsets({ groupId: group })) {
    const bounds = await admin.fetchTopicOffsets(topic);
    await admin.setOffsets({
      groupId: group,
      topic,
      partitions: bounds.map(({ partition, low }) => ({ partition, offset: low })),
    });
  }
}
