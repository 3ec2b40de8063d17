import type { CloudEvent } from '../../lib/messaging/cloud-event.ts';
import { done, type Intent } from '../../lib/messaging/handle-message.ts';
import { receiveOnce } from '../../lib/messaging/inbox.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { isOrderId } from '../store/order-id.ts';
import type { Steps } from './saga.ts';
import { recordShipment } from './saga-store.ts';

/** What fulfillment says of an order. */
export interface Shipment {
  readonly orderId: string;
  /** What it does to the saga's steps. */
  readonly decide: (steps: Steps) => Steps;
  readonly detail?: object;
}

/** Takes the event in once, and only where the order waits for it: what is late or comes again changes nothing. */
export async function takeShipment(
  { database, log }: { database: Database; log: Log },
  event: CloudEvent,
  { orderId, decide, detail }: Shipment,
): Promise<Intent> {
  if (!isOrderId(orderId)) return { kind: 'dead-letter', reason: 'order_id is not a UUID' };
  const effect = await database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, event.id))) return 'seen before';
    return (await recordShipment(tx, orderId, decide, detail)) ? 'recorded' : 'not awaited';
  });
  log.info({ orderId, eventId: event.id, type: event.type, effect }, 'shipment event');
  return done;
}
