import type { RetryCondition } from '../model/model.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** They hold only while no byte of the request can have reached the callee. */
export const NEVER_ARRIVED: readonly RetryCondition[] = ['connect-failure', 'refused-stream', 'reset-before-request'];

/** Envoy reads them from the answer's grpc-status. */
export const GRPC_ONLY: readonly RetryCondition[] = [
  'unavailable',
  'cancelled',
  'deadline-exceeded',
  'resource-exhausted',
];

/** The conditions under which the callee may have run, and so may run again. */
export function mayHaveArrived({ conditions }: Pick<EffectivePolicy, 'conditions'>): RetryCondition[] {
  return conditions.filter((condition) => !NEVER_ARRIVED.includes(condition));
}

/**
 * How often one call can make the callee run. Tries that never arrived do not count: of all of them, one arrives.
 */
export function runsOf(dependency: Pick<EffectivePolicy, 'tries' | 'conditions'>): number {
  return mayHaveArrived(dependency).length > 0 ? dependency.tries : 1;
}

/** They hold for an answer that says that the callee could not do it just now. */
const FAILED_ANSWER = {
  http: ['gateway-error', '5xx'],
  grpc: ['unavailable'],
} as const satisfies Record<EffectivePolicy['protocol'], readonly RetryCondition[]>;

/** Whether a callee that failed once is asked again. Conditions about the connection alone say nothing of what it answers. */
export function retriesFailedAnswers({ protocol, tries, conditions }: EffectivePolicy): boolean {
  const failed: readonly RetryCondition[] = FAILED_ANSWER[protocol];
  return tries > 1 && conditions.some((condition) => failed.includes(condition));
}
