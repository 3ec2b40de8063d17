import type { EffectiveEdge } from './effective-policy.ts';

/** What leads to what: from each call to those that its callee makes before it answers. Indexed once, for all rules. */
export interface CallGraph {
  /** Each call once, by its id. */
  readonly calls: ReadonlyMap<string, EffectiveEdge>;
  /** Every call after all that lead to it, without those on a cycle or behind one. */
  readonly callersFirst: readonly EffectiveEdge[];
  /** Those on a cycle or behind one. */
  readonly unordered: readonly EffectiveEdge[];
}

/** Calls that do not exist, or have no policy, are left out here: other rules name them. */
export function buildCallGraph(edges: readonly EffectiveEdge[]): CallGraph {
  const calls = new Map(edges.map((edge) => [edge.id, edge]));
  const open = new Map([...calls.keys()].map((id) => [id, 0]));
  const count = (id: string, change: number): number => {
    const left = (open.get(id) ?? 0) + change;
    open.set(id, left);
    return left;
  };
  for (const edge of calls.values()) for (const next of callsOf(edge, calls)) count(next.id, 1);

  const callersFirst = [...calls.values()].filter(({ id }) => open.get(id) === 0);
  // The list grows while it is walked: whatever has all its callers behind it joins the end.
  for (const edge of callersFirst) {
    for (const next of callsOf(edge, calls)) if (count(next.id, -1) === 0) callersFirst.push(next);
  }
  return { calls, callersFirst, unordered: [...calls.values()].filter(({ id }) => (open.get(id) ?? 0) > 0) };
}

/** The calls that an edge's callee makes in turn, as often as it makes them. */
export function callsOf({ calls: ids }: EffectiveEdge, calls: CallGraph['calls']): EffectiveEdge[] {
  return ids.flatMap((id) => calls.get(id) ?? []);
}
