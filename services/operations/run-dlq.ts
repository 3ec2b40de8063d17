import { createBroker } from '../lib/messaging/broker.ts';
import type { DeadLetterCause } from '../lib/messaging/dead-letter.ts';
import { type DeadLetter, drop, listGroups, readDeadLetters, redrive } from '../lib/messaging/dead-letter-queue.ts';
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
 * @returns the dead letters that it is about: shown, redriven or dropped
 * @throws Error if there is no such group or dead letter, or no broker; those before it are done
 */
export async function runDlq(command: DlqCommand, brokers: readonly string[]): Promise<DeadLetter[]> {
  const letters = await find(command, brokers);
  if (command.kind === 'list' || command.kind === 'show' || letters.length === 0) return letters;
  const log = createLog('dlq', 'error', process.stderr);
  const publisher = await createBroker('dlq', [...brokers], log).connectPublisher();
  const deed: (publisher: Publisher, letter: DeadLetter) => Promise<void> = command.kind === 'drop' ? drop : redrive;
  try {
    for (const letter of letters) await deed(publisher, letter);
  } finally {
    await publisher.close();
  }
  return letters;
}

async function find(command: DlqCommand, brokers: readonly string[]): Promise<DeadLetter[]> {
  const groups = await listGroups(brokers);
  if (command.kind === 'list') return readAll(brokers, choose(groups, command.group));
  if (command.kind === 'redrive-matching') {
    const letters = await readAll(brokers, choose(groups, command.group));
    return letters.filter(({ cause }) => command.cause === undefined || cause === command.cause);
  }
  const ids = [...new Set(command.ids)];
  const named = [...new Set(ids.map((id) => id.split('/')[0] ?? ''))].flatMap((group) => choose(groups, group));
  const byId = new Map((await readAll(brokers, named)).map((letter) => [letter.id, letter]));
  return ids.map((id) => {
    const letter = byId.get(id);
    if (!letter) throw new Error(`There is no open dead letter ${id}: npm run dlq -- list names those that there are.`);
    return letter;
  });
}

function choose(groups: readonly string[], group: string | undefined): readonly string[] {
  if (group === undefined) return groups;
  if (!groups.includes(group)) throw new Error(`There is no group "${group}". Known groups: ${groups.join(', ')}.`);
  return [group];
}

/** One after the other: each is a consumer of its own. Newest last. */
async function readAll(brokers: readonly string[], groups: readonly string[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const group of groups) letters.push(...(await readDeadLetters(brokers, group)));
  return letters.sort((a, b) => a.at.localeCompare(b.at));
}
