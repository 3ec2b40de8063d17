import { orderPlaced } from '../contracts/events.ts';
import { readEventData } from '../lib/kafka/cloud-event.ts';
import { done, type EventHandler } from '../lib/kafka/handle-message.ts';
import type { Log } from '../lib/log/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { recordEmail } from './emails.ts';

/** Tells the customer that the order was placed. */
export function onOrderPlaced(database: Database, log: Log): EventHandler {
  return async (event) => {
    const { orderId, customerId } = readEventData(orderPlaced, event);
    const isNew = await recordEmail(database, event.id, { orderId, customerId, kind: 'order.placed' });
    log.info({ orderId, eventId: event.id }, isNew ? 'e-mail recorded' : 'event came before, no second e-mail');
    return done;
  };
}
