import type { RetryCondition } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** They hold only while no byte of the request can have reached the callee. */
export const NEVER_ARRIVED: readonly RetryCondition[] = ['connect-failure', 'refused-stream', 'reset-before-request'];

/** Envoy reads them from the answer's grpc-status. */
const GRPC_ONLY: readonly RetryCondition[] = ['unavailable', 'cancelled', 'deadline-exceeded', 'resource-exhausted'];

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

/** A retry that is stated must be able to happen: an HTTP answer has no gRPC status, and no condition is no retry. */
export function conditionCanHold({ id, protocol, tries, conditions }: EffectivePolicy): Problem[] {
  if (tries === 1) return [];
  const rule = 'condition-can-hold';
  if (conditions.length === 0) {
    const message =
      "without a condition there is no retry, and Istio would fill its own in: name some, or say 'never'.";
    return [{ subject: id, value: 'retries.conditions: none', rule, message }];
  }
  return conditions
    .filter((condition) => protocol === 'http' && GRPC_ONLY.includes(condition))
    .map((condition) => ({
      subject: id,
      value: `retries.conditions: ${condition}`,
      rule,
      message: 'an HTTP answer has no gRPC status: this never holds. gateway-error, 5xx and reset do.',
    }));
}

/** Under these Envoy repeats a try that it has cut itself. */
const OF_THE_CUT: readonly RetryCondition[] = ['reset', 'gateway-error', '5xx'];

/**
 * Whether late tries are repeated must not be left to chance. A try's time goes along as its gRPC deadline, so its end is either
 * the caller's proxy's cut or the callee's DEADLINE_EXCEEDED, whichever is first (Istio sets max_grpc_timeout on every route;
 * seen as one try instead of three in k8s-tests/mesh/attempts.cluster.test.ts).
 */
export function lateTriesRetried({ id, protocol, tries, perTryTimeoutMs, conditions }: EffectivePolicy): Problem[] {
  if (protocol !== 'grpc' || tries === 1 || perTryTimeoutMs === null) return [];
  const afterCut = conditions.some((condition) => OF_THE_CUT.includes(condition));
  const afterDeadline = conditions.includes('deadline-exceeded');
  if (afterCut === afterDeadline) return [];
  return [
    {
      subject: id,
      value: `retries.conditions: ${conditions.join(', ')}`,
      rule: 'late-tries-retried',
      message: `a try that takes over ${perTryTimeoutMs} ms ends in a reset or in deadline-exceeded, by chance: name both or neither.`,
    },
  ];
}

/** Istio bounds parallel retries at 2^32-1, which is no bound: without a budget every failing call becomes `tries` calls. */
export function retryWithoutBudget({ id, tries, retryBudget }: EffectivePolicy): Problem[] {
  if (tries === 1 || retryBudget !== null) return [];
  return [
    {
      subject: id,
      value: 'retryBudget = none',
      rule: 'retry-without-budget',
      message: `while the callee fails, each call becomes ${tries}: state a budget, with its percent.`,
    },
  ];
}
