import { Unreadable, withoutOurHeaders } from './dead-letter.ts';
import type { OutgoingMessage } from './message.ts';

const header = 'dl-redrive-for';

/** A deployment's name. */
const groupName = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * A dead letter that goes back to its topic is for the group that gave it up: the others have handled it long ago.
 * @returns the group; undefined for a message that is for all
 * @throws Unreadable if that can be no group: all would skip it, and it would be lost
 */
export function readAddressee(headers: OutgoingMessage['headers']): string | undefined {
  const addressee = headers[header];
  if (addressee === undefined || groupName.test(addressee)) return addressee;
  throw new Unreadable(
    'not-a-cloudevent',
    `${header} is ${JSON.stringify(addressee.slice(0, 100))}, but must be the name of a group`,
  );
}

/** The message of a dead letter as it was, addressed to its group. */
export function toRedriven(
  { key, value, headers }: Pick<OutgoingMessage, 'key' | 'value' | 'headers'>,
  { topic, group }: { topic: string; group: string },
): OutgoingMessage {
  return { topic, key, value, headers: { ...withoutOurHeaders(headers), [header]: group } };
}
