import { closeOrder } from './close-order.ts';
import { authorize, cancelByHand, capture, reverse } from './payment-steps.ts';
import { causeOf, type Work } from './saga.ts';
import type { ClaimedSaga } from './saga-store.ts';
import type { Partners, Step, StepResult } from './step.ts';
import { release, reserve } from './stock-steps.ts';

const steps = { authorize, reserve, capture } as const satisfies Record<string, Step>;
const compensations = { authorize: reverse, reserve: release } as const satisfies Record<string, Step>;

/**
 * Makes the call of a step or a compensation once.
 *
 * @throws DomainError if there is no answer: the same work may then be done again
 */
export async function perform(
  work: Work,
  { order, steps: before, isCancelRequested }: Pick<ClaimedSaga, 'order' | 'steps' | 'isCancelRequested'>,
  partners: Partners,
  lost: AbortSignal,
): Promise<StepResult> {
  if (work.kind === 'close') return closeOrder(order, causeOf(before, isCancelRequested));
  if (work.kind === 'cancel') return cancelByHand(order, before);
  const step = work.kind === 'do' ? steps[work.step] : compensations[work.step];
  return step(order, partners, lost);
}
