import type { Breaker, DependencyPolicy, Policies, RpcPolicy } from '../../cdk8s/model/policy.ts';

/** The policies of policies.ts with one field removed or changed. */
export interface Mutant {
  /** `orders->inventory.Check retries.attempts: 2 -> 4` */
  readonly name: string;
  readonly policies: Policies;
}

/** A changed part of a policy, and which field changed from what to what. */
interface Change<Part> {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly part: Part;
}

/**
 * Every field of every policy, removed if the model has a word for that (`never`, `none`), and changed in each
 * direction.
 */
export function listMutants(policies: Policies): Mutant[] {
  return Object.entries(policies).flatMap(([dependency, policy]) => [
    ...dependencyChanges(policy).map((change) =>
      toMutant(dependency, change, { ...policies, [dependency]: change.part }),
    ),
    ...Object.entries(policy.rpcs).flatMap(([name, rpc]) =>
      rpcChanges(rpc).map((change) => {
        const changed = { ...policy, rpcs: { ...policy.rpcs, [name]: change.part } };
        return toMutant(`${dependency}.${name}`, change, { ...policies, [dependency]: changed });
      }),
    ),
  ]);
}

function toMutant(where: string, { field, from, to }: Change<unknown>, policies: Policies): Mutant {
  return { name: `${where} ${field}: ${show(from)} -> ${show(to)}`, policies };
}

function dependencyChanges(policy: DependencyPolicy): Change<DependencyPolicy>[] {
  return [
    ...within(policy, 'pool', numberChanges(policy.pool)),
    ...within(policy, 'retryBudget', numberChanges(policy.retryBudget)),
    ...within(policy, 'breaker', breakerChanges(policy.breaker)),
  ];
}

function rpcChanges(policy: RpcPolicy): Change<RpcPolicy>[] {
  return [
    ...numberChanges({ timeoutMs: policy.timeoutMs }).map(({ part, ...change }) => ({
      ...change,
      part: { ...policy, ...part },
    })),
    ...choiceChanges(policy, 'idempotency', ['safe', 'by-key', 'none']),
    ...choiceChanges(policy, 'afterTimeout', ['callee-stops', 'callee-carries-on']),
    ...within(policy, 'retries', retryChanges(policy.retries)),
  ];
}

const someBreaker: Breaker = {
  kind: 'consecutive',
  failures: 5,
  intervalMs: 1_000,
  ejectionMs: 5_000,
  maxEjectionPercent: 'all',
};

function breakerChanges(breaker: Breaker): Change<Breaker>[] {
  if (breaker.kind === 'none') return [replaced('kind', breaker.kind, someBreaker.kind, someBreaker)];
  return [
    replaced<Breaker>('kind', breaker.kind, 'none', { kind: 'none' }),
    ...numberChanges(breaker),
    ...choiceChanges(breaker, 'maxEjectionPercent', ['all', 50]),
  ];
}

function retryChanges(retries: RpcPolicy['retries']): Change<RpcPolicy['retries']>[] {
  if (retries.kind === 'never') {
    const on = { conditions: ['5xx'], attempts: 1, perTryTimeoutMs: 'rest-of-timeout', backoffMs: 25 } as const;
    return [replaced('kind', 'never', 'on', { kind: 'on', ...on })];
  }
  return [
    replaced<RpcPolicy['retries']>('kind', 'on', 'never', { kind: 'never' }),
    ...numberChanges(retries),
    ...choiceChanges(retries, 'perTryTimeoutMs', ['rest-of-timeout', 100]),
    ...retries.conditions.map((condition) => {
      const conditions = retries.conditions.filter((other) => other !== condition);
      return replaced('conditions', condition, 'removed', { ...retries, conditions });
    }),
  ];
}

/** Each number of the part, halved and doubled. */
function numberChanges<Part extends object>(part: Part): Change<Part>[] {
  return Object.entries(part)
    .filter(([, value]) => typeof value === 'number')
    .flatMap(([field, value]: [string, number]) =>
      [Math.floor(value / 2), value * 2].map((to) => replaced(field, value, to, { ...part, [field]: to })),
    );
}

function choiceChanges<Part, Field extends keyof Part & string>(
  part: Part,
  field: Field,
  choices: readonly Part[Field][],
): Change<Part>[] {
  const from = part[field];
  return choices.filter((to) => to !== from).map((to) => replaced(field, from, to, { ...part, [field]: to }));
}

function within<Whole, Field extends keyof Whole & string>(
  whole: Whole,
  field: Field,
  changes: readonly Change<Whole[Field]>[],
): Change<Whole>[] {
  return changes.map(({ part, ...change }) => ({
    ...change,
    field: `${field}.${change.field}`,
    part: { ...whole, [field]: part },
  }));
}

function replaced<Part>(field: string, from: unknown, to: unknown, part: Part): Change<Part> {
  return { field, from, to, part };
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
