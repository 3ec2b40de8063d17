import { orderCancelled, orderFulfilled, orderPlaced } from '../contracts/events.ts';
import { readEventData } from '../lib/messaging/cloud-event.ts';
import { done, type EventHandler } from '../lib/messaging/handle-message.ts';
import type { Log } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { recordEmail } from './emails.ts';

/** The events about which customers get an e-mail, by the kind of the e-mail: `order.placed`. */
export const toldEvents = {
  'order.placed': orderPlaced,
  'order.fulfilled': orderFulfilled,
  'order.cancelled': orderCancelled,
} as const;

export type EmailKind = keyof typeof toldEvents;

/** Records an e-mail to the customer about an event. */
export function tellCustomer(kind: EmailKind, database: Database, log: Log): EventHandler {
  const type = toldEvents[kind];
  return async (event) => {
    const { orderId, customerId } = readEventData<(typeof type)['schema']>(type, event);
    if (customerId === '') return { kind: 'dead-letter', reason: 'customerId is missing' };
    const isNew = await recordEmail(database, event.id, { orderId, customerId, kind });
    log.info({ orderId, eventId: event.id, kind }, isNew ? 'e-mail recorded' : 'duplicate event ignored');
    return done;
  };
}
