import type { Replicas } from '../model/environment.ts';
import type { Model } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { accessEnforceable, accessStated } from './access.ts';
import { limitAmplification } from './amplification.ts';
import { buildCallGraph, noCallCycle } from './call-graph.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkSaga } from './check-saga.ts';
import { connectFitsAttempt, partnerConnectsInTime } from './connects.ts';
import { readEffectivePolicies } from './effective-policy.ts';
import { ejectionOutlastsInterval, ejectionPossible, ejectsEverythingUnstated } from './ejection.ts';
import { callersAgree, getIsSafe, retryNeedsIdempotency, safeCallsSafe } from './idempotency.ts';
import { namesValid, noDuplicates } from './names.ts';
import { numbersInRange } from './numbers.ts';
import { rateFitsCallers, ratesFit } from './rates.ts';
import { dependencyForEachPolicy, namesExist, policyForEachDependency } from './references.ts';
import { conditionCanHold, conditionsDiffer, retryWithoutBudget, slowAttemptsRetried } from './retries.ts';
import { routesReachable } from './routes.ts';
import { slosReachable, slosStated } from './slos.ts';
import { calleeOutlivesCaller, timeoutWithinBudget, triesFitTimeout } from './timeouts.ts';
import {
  deadLettersKept,
  oneProducer,
  segmentsWithinRetention,
  topicsAsReleased,
  topicsFitDeduplication,
} from './topics.ts';

/** Rules on the effective policy of a single RPC. */
const RPC_RULES = [
  triesFitTimeout,
  timeoutWithinBudget,
  retryNeedsIdempotency,
  conditionCanHold,
  conditionsDiffer,
  slowAttemptsRetried,
  retryWithoutBudget,
  getIsSafe,
  ejectionPossible,
  ejectsEverythingUnstated,
  ejectionOutlastsInterval,
  partnerConnectsInTime,
  connectFitsAttempt,
];

/** Rules on what the calls lead to. */
const GRAPH_RULES = [calleeOutlivesCaller, safeCallsSafe, callersAgree, noCallCycle, rateFitsCallers];

/**
 * Every problem of every rule, at once. A problem that several RPCs share through their dependency is reported once.
 *
 * @param replicas pods of each service, in every environment
 */
export function analyze(model: Model, replicas: readonly Replicas[]): Problem[] {
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
    ...accessStated(topology),
    ...accessEnforceable(topology),
    ...slosStated(model),
    ...slosReachable(model),
    ...topicsFitDeduplication(topology),
    ...oneProducer(topology),
    ...segmentsWithinRetention(topology),
    ...deadLettersKept(topology),
    ...topicsAsReleased(model),
    ...checkDecisions(model),
    ...checkSaga(model),
    ...RPC_RULES.flatMap((rule) => dependencies.flatMap(rule)),
    ...ratesFit(dependencies),
    ...GRAPH_RULES.flatMap((rule) => rule(graph)),
    ...limitAmplification(graph, limits),
  ];
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
