import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { orderCancelled, orderFulfilled } from '../../contracts/events.ts';
import { CancellationReason } from '../../contracts/gen/windlass/events/v1/orders_pb.js';
import { money } from '../../contracts/money.ts';
import { addOrderEvent } from '../store/order-events.ts';
import { changeStatus } from '../store/store.ts';
import type { CancellationCause } from './saga.ts';
import type { SagaOrder } from './saga-store.ts';
import type { StepResult } from './step.ts';

const reasons = {
  declined: CancellationReason.DECLINED,
  'out-of-stock': CancellationReason.OUT_OF_STOCK,
  'capture-refused': CancellationReason.CAPTURE_REFUSED,
  'shipment-failed': CancellationReason.SHIPMENT_FAILED,
  'by-operator': CancellationReason.BY_OPERATOR,
} as const satisfies Record<CancellationCause, CancellationReason>;

/**
 * Ends the order.
 * @param cause why it is cancelled; undefined: it is fulfilled
 */
export function closeOrder(
  { orderId, customerId, totalMinor }: SagaOrder,
  cause: CancellationCause | undefined,
): StepResult {
  return {
    isRejected: false,
    async record(tx) {
      const endedAt = await changeStatus(tx, orderId, cause ? 'cancelled' : 'fulfilled', cause);
      const end = { orderId, customerId, total: money(totalMinor), endedAt: timestampFromDate(endedAt) };
      if (cause) await addOrderEvent(tx, orderCancelled, orderId, { ...end, reason: reasons[cause] });
      else await addOrderEvent(tx, orderFulfilled, orderId, end);
    },
  };
}
