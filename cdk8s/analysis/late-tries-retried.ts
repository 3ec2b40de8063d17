import type { RetryCondition } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

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
