import type { Model, Replicas } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { limitAmplification } from './amplification.ts';
import { buildCallGraph } from './call-graph.ts';
import { calleeOutlivesCaller } from './callee-outlives-caller.ts';
import { callersAgree } from './callers-agree.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkSaga } from './check-saga.ts';
import { conditionCanHold } from './condition-can-hold.ts';
import { dependencyForEachPolicy, policyForEachDependency } from './coverage.ts';
import { readEffectivePolicies } from './effective-policy.ts';
import { ejectionOutlastsInterval } from './ejection-outlasts-interval.ts';
import { ejectionPossible } from './ejection-possible.ts';
import { ejectsEverythingUnstated } from './ejects-everything-unstated.ts';
import { getIsSafe } from './get-is-safe.ts';
import { lateTriesRetried } from './late-tries-retried.ts';
import { namesExist } from './names-exist.ts';
import { namesValid } from './names-valid.ts';
import { noCallCycle } from './no-call-cycle.ts';
import { noDuplicates } from './no-duplicates.ts';
import { numbersInRange } from './numbers-in-range.ts';
import { retryNeedsIdempotency } from './retry-needs-idempotency.ts';
import { retryWithoutBudget } from './retry-without-budget.ts';
import { routesReachable } from './routes-reachable.ts';
import { safeCallsSafe } from './safe-calls-safe.ts';
import { timeoutWithinBudget } from './timeout-within-budget.ts';
import { triesFitTimeout } from './tries-fit-timeout.ts';

/** Rules on a single effective dependency. */
const EDGE_RULES = [
  triesFitTimeout,
  timeoutWithinBudget,
  retryNeedsIdempotency,
  conditionCanHold,
  lateTriesRetried,
  retryWithoutBudget,
  getIsSafe,
  ejectionPossible,
  ejectsEverythingUnstated,
  ejectionOutlastsInterval,
];

/** Rules on what the calls lead to. */
const GRAPH_RULES = [calleeOutlivesCaller, safeCallsSafe, callersAgree, noCallCycle];

/**
 * Every problem of every rule, at once. What several RPCs share of their dependency is said once.
 *
 * @param replicas pods of each service, in every environment
 */
export function analyse(model: Model, replicas: readonly Replicas[]): Problem[] {
  const { topology, policies, limits } = model;
  const dependencies = readEffectivePolicies(topology, policies, replicas);
  const graph = buildCallGraph(dependencies);
  const problems = [
    ...namesValid(topology),
    ...noDuplicates(topology),
    ...namesExist(topology, replicas),
    ...policyForEachDependency(topology, policies),
    ...dependencyForEachPolicy(topology, policies),
    ...routesReachable(topology),
    ...numbersInRange(model, replicas),
    ...checkDecisions(model),
    ...checkSaga(model),
    ...EDGE_RULES.flatMap((rule) => dependencies.flatMap(rule)),
    ...GRAPH_RULES.flatMap((rule) => rule(graph)),
    ...limitAmplification(graph, limits),
  ];
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
