import { shipmentFailed, shipmentScheduled } from '../../contracts/events.ts';
import { type CloudEvent, readEventData } from '../../lib/messaging/cloud-event.ts';
import { done, type EventHandler, type EventHandlers, type Intent } from '../../lib/messaging/handle-message.ts';
import { receiveOnce } from '../../lib/messaging/inbox.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { isOrderId } from '../order.ts';
import { recordShipment } from './locked-saga.ts';
import { afterDone, afterRejection, type Steps } from './saga.ts';

interface Deps {
  readonly database: Database;
  readonly log: Log;
}

/** The handlers of fulfillment's events, which continue the saga. */
export function onShipment(deps: Deps): EventHandlers {
  return [
    { event: shipmentScheduled, handle: onShipmentScheduled(deps) },
    { event: shipmentFailed, handle: onShipmentFailed(deps) },
  ];
}

/** The order is on its way: the saga may close it. */
function onShipmentScheduled(deps: Deps): EventHandler {
  return async (event) => {
    const { orderId } = readEventData(shipmentScheduled, event);
    return recordOnce(deps, event, { orderId, decide: (steps) => afterDone(steps, 'ship') });
  };
}

/** The order can never be shipped: the saga compensates its earlier steps. */
function onShipmentFailed(deps: Deps): EventHandler {
  return async (event) => {
    const { orderId, reason } = readEventData(shipmentFailed, event);
    return recordOnce(deps, event, { orderId, decide: (steps) => afterRejection(steps, 'ship'), detail: { reason } });
  };
}

interface Report {
  readonly orderId: string;
  /** Applies the report to the saga's steps. */
  readonly decide: (steps: Steps) => Steps;
  readonly detail?: object;
}

/** Records a report once, and only while the order waits for it: a late or duplicate event changes nothing. */
async function recordOnce({ database, log }: Deps, event: CloudEvent, report: Report): Promise<Intent> {
  const { orderId, decide, detail } = report;
  if (!isOrderId(orderId)) return { kind: 'dead-letter', reason: 'order_id is not a UUID' };
  const effect = await database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, event.id))) return 'ignored: duplicate';
    return (await recordShipment(tx, orderId, decide, detail)) ? 'recorded' : 'ignored: not awaited';
  });
  log.info({ orderId, eventId: event.id, type: event.type }, `shipment event ${effect}`);
  return done;
}
