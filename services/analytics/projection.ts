import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { orderCancelled, orderFulfilled, orderPlaced } from '../contracts/events.ts';
import { CancellationReason } from '../contracts/gen/windlass/events/v1/orders_pb.js';
import { readEventData } from '../lib/messaging/cloud-event.ts';
import { done, type EventHandler, type EventHandlers, type Intent } from '../lib/messaging/handle-message.ts';
import type { Log } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { type Ending, type Placing, recordEnding, recordPlacing } from './facts.ts';

export const topic = orderPlaced.topic;

/** The handlers that turn events into facts. The consumer and a rebuild share them, so both give the same facts. */
export function projectOrders(database: Database, log: Log): EventHandlers {
  return [
    { event: orderPlaced, handle: onOrderPlaced(database, log) },
    { event: orderFulfilled, handle: onOrderFulfilled(database, log) },
    { event: orderCancelled, handle: onOrderCancelled(database, log) },
  ];
}

function onOrderPlaced(database: Database, log: Log): EventHandler {
  return async (event) => {
    const { orderId, total, placedAt: timestamp } = readEventData(orderPlaced, event);
    const placedAt = toPast(timestamp);
    if (!placedAt) return deadLetter('order.placed has no time in the past');
    if (!total || total.amountMinor < 0n || !/^[A-Z]{3}$/.test(total.currency)) {
      return deadLetter('total must be an amount of at least 0, in a currency of three capital letters');
    }
    const { amountMinor: totalMinor, currency } = total;
    const placing: Placing = { orderId, placedAt, totalMinor, currency };
    const isNew = await recordPlacing(database, event.id, placing);
    log.debug({ orderId, eventId: event.id, isNew }, 'order counted');
    return done;
  };
}

function onOrderFulfilled(database: Database, log: Log): EventHandler {
  return async (event) => {
    const { orderId, endedAt } = readEventData(orderFulfilled, event);
    return end(database, log, event.id, { orderId, endedAt, outcome: 'fulfilled' });
  };
}

const reasons: Readonly<Partial<Record<CancellationReason, string>>> = {
  [CancellationReason.DECLINED]: 'declined',
  [CancellationReason.OUT_OF_STOCK]: 'out-of-stock',
  [CancellationReason.SHIPMENT_FAILED]: 'shipment-failed',
  [CancellationReason.CAPTURE_REFUSED]: 'capture-refused',
  [CancellationReason.BY_OPERATOR]: 'by-operator',
};

function onOrderCancelled(database: Database, log: Log): EventHandler {
  return async (event) => {
    const { orderId, endedAt, reason: code } = readEventData(orderCancelled, event);
    const reason = reasons[code];
    if (reason === undefined) return deadLetter(`order.cancelled has an unknown reason: ${code}`);
    return end(database, log, event.id, { orderId, endedAt, outcome: 'cancelled', reason });
  };
}

async function end(
  database: Database,
  log: Log,
  eventId: string,
  { endedAt: timestamp, ...ending }: Omit<Ending, 'endedAt'> & { readonly endedAt: Timestamp | undefined },
): Promise<Intent> {
  const { orderId, outcome } = ending;
  const endedAt = toPast(timestamp);
  if (!endedAt) return deadLetter(`order.${outcome} has no time in the past`);
  const isNew = await recordEnding(database, eventId, { ...ending, endedAt });
  log.debug({ orderId, eventId, isNew }, `order counted as ${outcome}`);
  return done;
}

/** How far a publisher's clock may be ahead. */
const maxAheadMs = 24 * 3_600_000;

/** @returns undefined without a time, and for one in the future, whose minute would be kept for as long as that */
function toPast(timestamp: Timestamp | undefined): Date | undefined {
  const time = timestamp && timestampDate(timestamp);
  return time && time.getTime() < Date.now() + maxAheadMs ? time : undefined;
}

function deadLetter(reason: string): Intent {
  return { kind: 'dead-letter', reason };
}
