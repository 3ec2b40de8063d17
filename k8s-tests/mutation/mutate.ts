import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { planMesh } from '../../cdk8s/mesh/plan.ts';
import type { Replicas } from '../../cdk8s/model/environment.ts';
import type { Model } from '../../cdk8s/model/model.ts';
import type { Policies } from '../../cdk8s/model/policy.ts';
import { SynthesisRejected } from '../../cdk8s/model/problem.ts';
import { moveObjects } from '../../cluster/kubernetes/objects.ts';
import { UserError } from '../../cluster/settings.ts';
import { meshObjectsOf } from '../harness/mesh-objects.ts';
import type { ClusterTests } from './cluster-tests.ts';
import type { Mutant } from './mutants.ts';

/** The result for one mutant. */
type MutantOutcome =
  /** The synthesis rejected the mutant. */
  | { readonly kind: 'rejected'; readonly rules: readonly string[] }
  /** The mutant was deployed, and these cluster tests failed. */
  | { readonly kind: 'killed'; readonly tests: readonly string[] }
  /** No cluster test failed, or the mutant changes no manifest. */
  | { readonly kind: 'survived'; readonly why: 'no test failed' | 'no manifest changed' };

export interface MutationResult {
  readonly mutant: string;
  readonly verdict: MutantOutcome;
}

export interface MutationProps {
  readonly model: Model;
  /** The replicas of the environment that the cluster runs. */
  readonly replicas: Replicas;
  readonly mutants: readonly Mutant[];
  /** These tests must pass on the unchanged model. */
  readonly tests: ClusterTests;
  readonly onOutcome: (outcome: MutationResult) => void;
  /** Ends the run after the current mutant and restores the model's policies. */
  readonly signal: AbortSignal;
}

/**
 * An edit is live in the sidecars within 300 ms (p99); `make bench` measures that. On a busy machine it takes longer,
 * so a mutant survives only if the tests also pass when they run again.
 */
const PROPAGATION_MS = [500, 3_000];

/**
 * Deploys one mutant after the other and runs the cluster tests, which expect the unchanged model. However the run
 * ends, the model's own policies are live again afterwards.
 */
export async function mutate({
  model,
  replicas,
  mutants,
  tests,
  onOutcome,
  signal,
}: MutationProps): Promise<MutationResult[]> {
  const original = meshObjectsOf(planMesh(model, [replicas]));
  const failing = await tests.failing();
  if (failing.length > 0)
    throw new UserError(
      `cluster tests fail without a mutant (make diff shows edited policies, make up restores them): ${failing.join('; ')}`,
    );

  const outcomes: MutationResult[] = [];
  for (const { name, policies } of mutants) {
    if (signal.aborted) break;
    const verdict = await judge(policies);
    const outcome = { mutant: name, verdict };
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;

  async function judge(policies: Policies): Promise<MutantOutcome> {
    const plan = planOrRejection({ ...model, policies });
    if ('kind' in plan) return plan;
    const objects = meshObjectsOf(plan);
    if (isDeepStrictEqual(objects, original)) {
      return { kind: 'survived', why: 'no manifest changed' };
    }
    try {
      await moveObjects(original, objects, 'the mutant');
      for (const pauseMs of PROPAGATION_MS) {
        await sleep(pauseMs);
        const failed = await tests.failing();
        if (failed.length > 0) return { kind: 'killed', tests: failed };
      }
      return { kind: 'survived', why: 'no test failed' };
    } finally {
      await moveObjects(objects, original, 'the policies');
    }
  }

  function planOrRejection(mutated: Model) {
    try {
      return planMesh(mutated, [replicas]);
    } catch (error) {
      if (!(error instanceof SynthesisRejected)) throw error;
      return { kind: 'rejected', rules: [...new Set(error.problems.map(({ rule }) => rule))] } as const;
    }
  }
}
