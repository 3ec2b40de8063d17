import type { EffectivePolicy } from './effective-policy.ts';

/** What leads to what: from each call to those that its callee makes before it answers. Indexed once, for all rules. */
export interface CallGraph {
  /** Each call once, by its id. */
  readonly calls: ReadonlyMap<string, EffectivePolicy>;
  /** Every call after all that lead to it, without those on a cycle or behind one. */
  readonly callersFirst: readonly EffectivePolicy[];
  /** Those on a cycle or behind one. */
  readonly unordered: readonly EffectivePolicy[];
}

/** Calls that do not exist, or have no policy, are left out here: other rules name them. */
export function buildCallGraph(dependencies: readonly EffectivePolicy[]): CallGraph {
  const calls = new Map(dependencies.map((dependency) => [dependency.id, dependency]));
  const open = new Map([...calls.keys()].map((id) => [id, 0]));
  const count = (id: string, change: number): number => {
    const left = (open.get(id) ?? 0) + change;
    open.set(id, left);
    return left;
  };
  for (const dependency of calls.values()) for (const next of callsOf(dependency, calls)) count(next.id, 1);

  const callersFirst = [...calls.values()].filter(({ id }) => open.get(id) === 0);
  // The list grows while it is walked: whatever has all its callers behind it joins the end.
  for (const dependency of callersFirst) {
    for (const next of callsOf(dependency, calls)) if (count(next.id, -1) === 0) callersFirst.push(next);
  }
  return { calls, callersFirst, unordered: [...calls.values()].filter(({ id }) => (open.get(id) ?? 0) > 0) };
}

/** The calls that a dependency's callee makes in turn, as often as it makes them. */
export function callsOf({ calls: ids }: EffectivePolicy, calls: CallGraph['calls']): EffectivePolicy[] {
  return ids.flatMap((id) => calls.get(id) ?? []);
}
