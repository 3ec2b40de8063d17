import type { Inventory } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Payments } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import type { Calls } from '../../lib/grpc/client.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { closeOrder } from './close-order.ts';
import { authorise, capture, reverse } from './payment-steps.ts';
import { causeOf, type Steps, type Work } from './saga.ts';
import type { SagaOrder } from './saga-store.ts';
import { release, reserve } from './stock-steps.ts';

export interface Partners {
  readonly inventory: Pick<Calls<typeof Inventory>, 'reserve' | 'release'>;
  readonly payments: Pick<Calls<typeof Payments>, 'authorize' | 'capture' | 'reverse'>;
}

/** A partner's answer. */
export interface Performed {
  /** The answer was a no, for good, and nothing has happened. */
  readonly isRefused: boolean;
  /** What a person who looks at the step should see. */
  readonly detail?: object;
  /** What the later steps need to know. */
  readonly learnt?: Pick<SagaOrder, 'authorizationId'>;
  /** Writes what follows from it: the order's new state and the events, in one transaction with the step. */
  record(tx: Queryable): Promise<void>;
}

/**
 * Makes the call of a step or a compensation, one try. Changes nothing here: that is left to `record`.
 * @throws DomainError if there is no answer: the same work may then be done again
 */
export async function perform(
  work: Work,
  steps: Steps,
  order: SagaOrder,
  { inventory, payments }: Partners,
): Promise<Performed> {
  switch (work.kind) {
    case 'close':
      return closeOrder(order, causeOf(steps));
    case 'undo':
      return work.step === 'reserve' ? release(order, inventory) : reverse(order, payments);
    case 'do':
      if (work.step === 'reserve') return reserve(order, inventory);
      return work.step === 'authorise' ? authorise(order, payments) : capture(order, payments);
  }
}
