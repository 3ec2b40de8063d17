import type { RetryCondition } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** Conditions that hold only while no byte of the request can have reached the callee. */
export const NEVER_ARRIVED: readonly RetryCondition[] = ['connect-failure', 'refused-stream', 'reset-before-request'];

/** Conditions that Envoy reads from the answer's grpc-status. */
const GRPC_ONLY: readonly RetryCondition[] = ['unavailable', 'cancelled', 'deadline-exceeded', 'resource-exhausted'];

/** Conditions that Envoy reads from the answer's HTTP status, which for a failed gRPC call is 200. */
const HTTP_STATUS: readonly RetryCondition[] = ['gateway-error', '5xx'];

/** The conditions under which the callee may have run, and so may run again. */
export function mayHaveArrived({ conditions }: Pick<EffectivePolicy, 'conditions'>): RetryCondition[] {
  return conditions.filter((condition) => !NEVER_ARRIVED.includes(condition));
}

/**
 * How often one call can make the callee run. If only attempts that never arrived are retried, a single one arrives.
 */
export function runsOf(dependency: Pick<EffectivePolicy, 'maxAttempts' | 'conditions' | 'inboundRetries'>): number {
  const own = mayHaveArrived(dependency).length > 0 ? dependency.maxAttempts : 1;
  return own * inboundRunsOf(dependency);
}

/**
 * The same for what the callee's own proxy retries. No retry budget caps it, because budgets are the caller's.
 */
export function inboundRunsOf({ inboundRetries }: Pick<EffectivePolicy, 'inboundRetries'>): number {
  return inboundRetries && mayHaveArrived(inboundRetries).length > 0 ? inboundRetries.attempts + 1 : 1;
}

/** Conditions that hold for an answer by which the callee says that it failed. */
const FAILED_ANSWER = {
  http: ['gateway-error', '5xx'],
  grpc: ['unavailable'],
} as const satisfies Record<EffectivePolicy['protocol'], readonly RetryCondition[]>;

/** Whether a failed answer is retried. Conditions about the connection alone do not cover answers. */
export function retriesFailedAnswers({ protocol, maxAttempts, conditions }: EffectivePolicy): boolean {
  const failed: readonly RetryCondition[] = FAILED_ANSWER[protocol];
  return maxAttempts > 1 && conditions.some((condition) => failed.includes(condition));
}

/** A stated retry must be able to happen: without a condition, or with one that sees no answer, there is no retry. */
export function conditionCanHold({ id, protocol, maxAttempts, conditions }: EffectivePolicy): Problem[] {
  if (maxAttempts === 1) return [];
  const rule = 'condition-can-hold';
  if (conditions.length === 0) {
    const message =
      "without a condition there is no retry, and Istio would use its own conditions: state some, or state 'never'.";
    return [{ subject: id, value: 'retries.conditions: none', rule, message }];
  }
  const isGrpcOnly = (condition: RetryCondition) => GRPC_ONLY.includes(condition);
  const [inert, message] =
    protocol === 'http'
      ? [
          conditions.filter(isGrpcOnly),
          'an HTTP answer has no gRPC status: this condition never holds. Use gateway-error, 5xx or reset.',
        ]
      : [
          conditions.some(isGrpcOnly) ? [] : conditions.filter((condition) => HTTP_STATUS.includes(condition)),
          'a failed gRPC call is an answer with HTTP status 200: this condition sees none. Use unavailable, or reset for lost connections.',
        ];
  return inert.map((condition) => ({ subject: id, value: `retries.conditions: ${condition}`, rule, message }));
}

/** A condition that is stated twice is a mistake: another one was meant. */
export function conditionsDiffer({ id, conditions }: EffectivePolicy): Problem[] {
  const twice = new Set(conditions.filter((condition, index) => conditions.indexOf(condition) !== index));
  return [...twice].map((condition) => ({
    subject: id,
    value: `retries.conditions: ${condition}`,
    rule: 'conditions-differ',
    message: 'it is stated twice: state it once.',
  }));
}

/** Conditions under which Envoy retries an attempt that it has cut off itself. */
const OF_THE_CUT: readonly RetryCondition[] = ['reset', 'gateway-error', '5xx'];

/**
 * Chance must not decide whether a timed-out attempt is retried. Envoy sends an attempt's timeout as its gRPC deadline,
 * so the attempt ends by the cut of the caller's proxy or by the callee's DEADLINE_EXCEEDED, whichever comes first.
 * Istio sets max_grpc_timeout on every route; k8s-tests/mesh/attempts.cluster.test.ts saw one attempt instead of three.
 */
export function slowAttemptsRetried({
  id,
  protocol,
  maxAttempts,
  perTryTimeoutMs,
  conditions,
}: EffectivePolicy): Problem[] {
  if (protocol !== 'grpc' || maxAttempts === 1 || perTryTimeoutMs === null) return [];
  const afterCut = conditions.some((condition) => OF_THE_CUT.includes(condition));
  const afterDeadline = conditions.includes('deadline-exceeded');
  if (afterCut === afterDeadline) return [];
  return [
    {
      subject: id,
      value: `retries.conditions: ${conditions.join(', ')}`,
      rule: 'slow-attempts-retried',
      message: `an attempt that takes over ${perTryTimeoutMs} ms ends in a reset or in deadline-exceeded, by chance: state both or neither.`,
    },
  ];
}

/**
 * Istio's default allows 2^32-1 parallel retries, which is no bound: without a budget every failing call becomes
 * `maxAttempts` calls.
 */
export function retryWithoutBudget({ id, maxAttempts, retryBudget }: EffectivePolicy): Problem[] {
  if (maxAttempts === 1 || retryBudget !== null) return [];
  return [
    {
      subject: id,
      value: 'retryBudget = none',
      rule: 'retry-without-budget',
      message: `while the callee fails, each call becomes ${maxAttempts}: state a budget, with its percent.`,
    },
  ];
}
