import { shipmentFailed } from '../../contracts/events.ts';
import { readEventData } from '../../lib/messaging/cloud-event.ts';
import type { EventHandler } from '../../lib/messaging/handle-message.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { afterRefused } from './saga.ts';
import { takeShipment } from './take-shipment.ts';

/** The order can not be shipped, for good: the saga gives back what it took. */
export function onShipmentFailed(deps: { database: Database; log: Log }): EventHandler {
  return async (event) => {
    const { orderId, reason } = readEventData(shipmentFailed, event);
    return takeShipment(deps, event, { orderId, decide: (steps) => afterRefused(steps, 'ship'), detail: { reason } });
  };
}
