import { withoutOurHeaders } from './dead-letter.ts';
import type { OutgoingMessage } from './message.ts';

const header = 'dl-redrive-for';

/** A dead letter that goes back to its topic is for the group that gave it up: the others have handled it long ago. */
export function isForOtherGroup(headers: OutgoingMessage['headers'], group: string): boolean {
  const addressee = headers[header];
  return addressee !== undefined && addressee !== group;
}

/** The message of a dead letter as it was, addressed to its group. */
export function toRedriven(
  { key, value, headers }: Pick<OutgoingMessage, 'key' | 'value' | 'headers'>,
  { topic, group }: { topic: string; group: string },
): OutgoingMessage {
  return { topic, key, value, headers: { ...withoutOurHeaders(headers), [header]: group } };
}
