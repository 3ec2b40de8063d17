import { orderReady } from '../contracts/events.ts';
import { readEventData } from '../lib/messaging/cloud-event.ts';
import { done, type EventHandler } from '../lib/messaging/handle-message.ts';
import type { Log } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { ship } from './shipments.ts';

/** Ships an order that is paid for and whose stock is reserved, or reports again what was decided about it. */
export function onOrderReady(database: Database, log: Log): EventHandler {
  return async (event) => {
    const { orderId, country, repeated: isRepeated, withdrawn: isWithdrawn } = readEventData(orderReady, event);
    // A guessed country would send the order to the wrong place.
    if (!isWithdrawn && !/^[A-Z]{2}$/.test(country)) {
      return { kind: 'dead-letter', reason: `country is ${JSON.stringify(country)}, but must be two capital letters` };
    }
    const outcome = await ship(database, event.id, { orderId, country, isRepeated, isWithdrawn });
    const message = outcome === undefined ? 'duplicate event ignored' : `shipment ${outcome}`;
    log.info({ orderId, eventId: event.id }, message);
    return done;
  };
}
