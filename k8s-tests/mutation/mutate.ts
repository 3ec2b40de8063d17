import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { planMesh } from '../../cdk8s/mesh/plan.ts';
import type { Replicas } from '../../cdk8s/model/environment.ts';
import type { Model } from '../../cdk8s/model/model.ts';
import type { Policies } from '../../cdk8s/model/policy.ts';
import { SynthesisRefused } from '../../cdk8s/model/problem.ts';
import { moveObjects } from '../../cluster/kubernetes/objects.ts';
import { UserError } from '../../cluster/settings.ts';
import { meshObjectsOf } from '../harness/mesh-objects.ts';
import type { ClusterTests } from './cluster-tests.ts';
import type { Mutant } from './mutants.ts';

/** What became of a mutant. */
type Verdict =
  /** The synthesis refused it. */
  | { readonly kind: 'refused'; readonly rules: readonly string[] }
  /** It was deployed and these cluster tests turned red. */
  | { readonly kind: 'killed'; readonly tests: readonly string[] }
  /** It was deployed, or changes no manifest at all, and no test noticed. */
  | { readonly kind: 'survived'; readonly why: 'no test failed' | 'no manifest changed' };

export interface Outcome {
  readonly mutant: string;
  readonly verdict: Verdict;
}

export interface MutationProps {
  readonly model: Model;
  /** Of the environment that the cluster runs. */
  readonly replicas: Replicas;
  readonly mutants: readonly Mutant[];
  /** Must pass on the model as it stands. */
  readonly tests: ClusterTests;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Ends the run after the mutant under way; what is deployed is put back. */
  readonly signal: AbortSignal;
}

/**
 * An edit is live in the sidecars within 300 ms (p99); `make bench` measures that. On a busy machine it takes longer, so a mutant
 * survives only if it was looked at again.
 */
const PROPAGATION_MS = [500, 3_000];

/**
 * Deploys one mutant after the other and asks the cluster tests, whose expectations are those of the model as it stands.
 * In the end, however it comes, the model's own policies are live again.
 */
export async function mutate({
  model,
  replicas,
  mutants,
  tests,
  onOutcome,
  signal,
}: MutationProps): Promise<Outcome[]> {
  const original = meshObjectsOf(planMesh(model, [replicas]));
  const failing = await tests.failing();
  if (failing.length > 0)
    throw new UserError(
      `a cluster test fails before any mutant is deployed (make diff shows edited policies, make up puts them back): ${failing.join('; ')}`,
    );

  const outcomes: Outcome[] = [];
  for (const { name, policies } of mutants) {
    if (signal.aborted) break;
    const verdict = await judge(policies);
    const outcome = { mutant: name, verdict };
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;

  async function judge(policies: Policies): Promise<Verdict> {
    const plan = planOrRefusal({ ...model, policies });
    if ('kind' in plan) return plan;
    const objects = meshObjectsOf(plan);
    if (isDeepStrictEqual(objects, original)) {
      return { kind: 'survived', why: 'no manifest changed' };
    }
    try {
      await moveObjects(original, objects, 'the mutant');
      for (const pauseMs of PROPAGATION_MS) {
        await sleep(pauseMs);
        const red = await tests.failing();
        if (red.length > 0) return { kind: 'killed', tests: red };
      }
      return { kind: 'survived', why: 'no test failed' };
    } finally {
      await moveObjects(objects, original, 'the policies');
    }
  }

  function planOrRefusal(mutated: Model) {
    try {
      return planMesh(mutated, [replicas]);
    } catch (error) {
      if (!(error instanceof SynthesisRefused)) throw error;
      return { kind: 'refused', rules: [...new Set(error.problems.map(({ rule }) => rule))] } as const;
    }
  }
}
