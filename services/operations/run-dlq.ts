import { createBroker } from '../lib/messaging/broker.ts';
import type { DeadLetterCause } from '../lib/messaging/dead-letter.ts';
import {
  type DeadLetterMessage,
  drop,
  listGroups,
  readDeadLetters,
  redrive,
} from '../lib/messaging/dead-letter-queue.ts';
import type { Publisher } from '../lib/messaging/message.ts';
import { createLog } from '../lib/observability/log.ts';

export type DlqCommand =
  | { readonly kind: 'list'; readonly group: string | undefined }
  | { readonly kind: 'show' | 'redrive' | 'drop'; readonly ids: readonly string[] }
  | {
      readonly kind: 'redrive-matching';
      readonly group: string | undefined;
      readonly cause: DeadLetterCause | undefined;
    };

/**
 * Runs a command of `npm run dlq`.
 * @returns the dead-letter messages that were listed, shown, redriven or dropped
 * @throws Error if there is no such group, message or broker; the messages before the failing one are done
 */
export async function runDlq(command: DlqCommand, brokers: readonly string[]): Promise<DeadLetterMessage[]> {
  const messages = await find(command, brokers);
  if (command.kind === 'list' || command.kind === 'show' || messages.length === 0) return messages;
  const log = createLog('dlq', 'error', process.stderr);
  const publisher = await createBroker('dlq', [...brokers], log).connectPublisher();
  const action: (publisher: Publisher, message: DeadLetterMessage) => Promise<void> =
    command.kind === 'drop' ? drop : redrive;
  try {
    for (const message of messages) await action(publisher, message);
  } finally {
    await publisher.close();
  }
  return messages;
}

async function find(command: DlqCommand, brokers: readonly string[]): Promise<DeadLetterMessage[]> {
  const groups = await listGroups(brokers);
  if (command.kind === 'list') return readAll(brokers, choose(groups, command.group));
  if (command.kind === 'redrive-matching') {
    const messages = await readAll(brokers, choose(groups, command.group));
    return messages.filter(({ cause }) => command.cause === undefined || cause === command.cause);
  }
  const ids = [...new Set(command.ids)];
  const named = [...new Set(ids.map((id) => id.split('/')[0] ?? ''))].flatMap((group) => choose(groups, group));
  const byId = new Map((await readAll(brokers, named)).map((message) => [message.id, message]));
  return ids.map((id) => {
    const message = byId.get(id);
    if (!message)
      throw new Error(`There is no open dead-letter message ${id}: npm run dlq -- list shows the open ones.`);
    return message;
  });
}

function choose(groups: readonly string[], group: string | undefined): readonly string[] {
  if (group === undefined) return groups;
  if (!groups.includes(group)) throw new Error(`There is no group "${group}". Known groups: ${groups.join(', ')}.`);
  return [group];
}

/** Reads the groups one after the other, since each needs its own consumer. Newest last. */
async function readAll(brokers: readonly string[], groups: readonly string[]): Promise<DeadLetterMessage[]> {
  const messages: DeadLetterMessage[] = [];
  for (const group of groups) messages.push(...(await readDeadLetters(brokers, group)));
  return messages.sort((a, b) => a.at.localeCompare(b.at));
}
