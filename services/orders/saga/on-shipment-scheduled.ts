import { shipmentScheduled } from '../../contracts/events.ts';
import { readEventData } from '../../lib/messaging/cloud-event.ts';
import type { EventHandler } from '../../lib/messaging/handle-message.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { afterDone } from './saga.ts';
import { takeShipment } from './take-shipment.ts';

/** The order is on its way: the saga may close it. */
export function onShipmentScheduled(deps: { database: Database; log: Log }): EventHandler {
  return async (event) => {
    const { orderId } = readEventData(shipmentScheduled, event);
    return takeShipment(deps, event, { orderId, decide: (steps) => afterDone(steps, 'ship') });
  };
}
