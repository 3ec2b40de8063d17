import type { Inventory } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Payments } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import type { Calls } from '../../lib/grpc/client.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import type { SagaOrder } from './saga-store.ts';

/** The services that the saga's steps call. */
export interface Partners {
  readonly inventory: Pick<Calls<typeof Inventory>, 'reserve' | 'release'>;
  readonly payments: Pick<Calls<typeof Payments>, 'authorize' | 'capture' | 'reverse'>;
}

/**
 * A step or a compensation: makes one call and writes nothing, which is left to the result's `record`.
 *
 * @param lost aborts when the order's lease is lost, and cancels the call
 * @throws DomainError if there is no answer: the same work may then be done again
 */
export type Step = (order: SagaOrder, partners: Partners, lost: AbortSignal) => Promise<StepResult>;

/** The answer of a step's call. */
export interface StepResult {
  /** The step failed permanently, without an effect. */
  readonly isRejected: boolean;
  /** For operators who look at the step. */
  readonly detail?: object;
  /** Data that later steps need. */
  readonly learned?: Pick<SagaOrder, 'authorizationId'>;
  /** Writes the order's new state and the events, in one transaction with the step's state. */
  record(tx: Queryable): Promise<void>;
}
