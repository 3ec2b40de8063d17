import { consumersOf, relayOf } from '../contracts/topics.ts';
import { createBroker } from '../lib/messaging/broker.ts';
import type { DeadLetterCause } from '../lib/messaging/dead-letter.ts';
import {
  type DeadLetterMessage,
  drop,
  listGroups,
  readDeadLetters,
  redrive,
  visitDeadLetters,
  type WholeDeadLetterMessage,
} from '../lib/messaging/dead-letter-queue.ts';
import type { KafkaEndpoint } from '../lib/messaging/kafka-endpoint.ts';
import type { Publisher } from '../lib/messaging/message.ts';
import { createLog } from '../lib/observability/log.ts';
import { printable } from '../lib/runtime/printable.ts';

export type DlqCommand =
  | { readonly kind: 'list'; readonly group: string | undefined }
  | { readonly kind: 'show' | 'redrive' | 'drop'; readonly ids: readonly string[] }
  | {
      readonly kind: 'redrive-matching';
      readonly group: string | undefined;
      readonly cause: DeadLetterCause | undefined;
    };

/** Where the result of a command goes while it runs. */
export interface DlqOutput {
  onListed(messages: readonly DeadLetterMessage[]): void;
  onShown(message: WholeDeadLetterMessage): void;
  /** @param count how many of the `total` messages are redriven or dropped */
  onClosed(message: DeadLetterMessage, count: number, total: number): void;
}

/**
 * Runs a command of `npm run dlq` with bounded memory: it keeps what identifies each message, and one original.
 * @throws Error if there is no such group, message or broker; the messages before the failing one are done
 */
export async function runDlq(command: DlqCommand, kafka: KafkaEndpoint, output: DlqOutput): Promise<void> {
  const messages = await find(command, kafka);
  if (command.kind === 'list') return output.onListed(messages);
  if (messages.length === 0) return;
  if (command.kind === 'show') return visitEach(messages, kafka, output.onShown);
  const log = createLog('dlq', 'error', process.stderr);
  const publisher = await createBroker('dlq', kafka, log).connectPublisher();
  const close = command.kind === 'drop' ? drop : redriveOwn;
  let count = 0;
  try {
    await visitEach(messages, kafka, async (message) => {
      await close(publisher, message);
      count += 1;
      output.onClosed(message, count, messages.length);
    });
  } finally {
    await publisher.close();
  }
}

/**
 * A group writes its own dead-letter topic. So it may claim anything about a message: which topic it had, and even that
 * its outbox could not send it, and such a message goes to all groups.
 * @throws Error if the group does not consume the topic, or for an unsent message, if the topic has another outbox
 */
function redriveOwn(publisher: Publisher, message: WholeDeadLetterMessage): Promise<void> {
  const { id, group, originalTopic, isUnsent } = message;
  const topic = printable(originalTopic);
  if (isUnsent && relayOf(originalTopic) !== group) {
    throw new Error(`${id} is forged: ${group} publishes nothing to ${topic}. It can only be dropped.`);
  }
  if (!isUnsent && !consumersOf(originalTopic).includes(group)) {
    throw new Error(`${id} cannot be redriven: ${group} consumes nothing from ${topic}. It can only be dropped.`);
  }
  return redrive(publisher, message);
}

async function visitEach(
  messages: readonly DeadLetterMessage[],
  kafka: KafkaEndpoint,
  visit: (message: WholeDeadLetterMessage) => Promise<void> | void,
): Promise<void> {
  for (const [group, ofGroup] of Map.groupBy(messages, ({ group }) => group)) {
    await visitDeadLetters(kafka, group, new Set(ofGroup.map(({ id }) => id)), visit);
  }
}

async function find(command: DlqCommand, kafka: KafkaEndpoint): Promise<DeadLetterMessage[]> {
  const groups = await listGroups(kafka);
  if (command.kind === 'list') return readAll(kafka, choose(groups, command.group));
  if (command.kind === 'redrive-matching') {
    const messages = await readAll(kafka, choose(groups, command.group));
    return messages.filter(({ cause }) => command.cause === undefined || cause === command.cause);
  }
  const ids = [...new Set(command.ids)];
  const named = [...new Set(ids.map((id) => id.split('/')[0] ?? ''))].flatMap((group) => choose(groups, group));
  const byId = new Map((await readAll(kafka, named)).map((message) => [message.id, message]));
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
async function readAll(kafka: KafkaEndpoint, groups: readonly string[]): Promise<DeadLetterMessage[]> {
  const messages: DeadLetterMessage[] = [];
  for (const group of groups) messages.push(...(await readDeadLetters(kafka, group)));
  return messages.sort((a, b) => a.at.localeCompare(b.at));
}
