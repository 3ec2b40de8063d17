import type { Problem } from '../model/problem.ts';
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

/** Calls that do not exist or have no policy are left out here; other rules report them. */
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
  // The list grows while it is walked: a call whose callers are all in it joins the end.
  for (const dependency of callersFirst) {
    for (const next of callsOf(dependency, calls)) if (count(next.id, -1) === 0) callersFirst.push(next);
  }
  return { calls, callersFirst, unordered: [...calls.values()].filter(({ id }) => (open.get(id) ?? 0) > 0) };
}

/** The calls that a dependency's callee makes in turn, as often as it makes them. */
export function callsOf({ calls: ids }: EffectivePolicy, calls: CallGraph['calls']): EffectivePolicy[] {
  return ids.flatMap((id) => calls.get(id) ?? []);
}

/** A call that leads to itself waits for its own answer, so a request would never end. */
export function noCallCycle({ unordered, calls }: CallGraph): Problem[] {
  return findRings(unordered, calls).map((ring) => ({
    subject: ring.at(-1)?.id ?? '',
    value: `calls = ${ring[0]?.callee}.${ring[0]?.rpc}`,
    rule: 'no-call-cycle',
    message: `${[...ring, ...ring.slice(0, 1)].map(({ id }) => id).join(' -> ')}: a request would never end. One of these calls must go, or become an event.`,
  }));
}

/**
 * Walks depth first, with a stack of its own because chains may be long. A call that is already on the path closes a
 * ring.
 */
function findRings(starts: readonly EffectivePolicy[], calls: CallGraph['calls']): EffectivePolicy[][] {
  const rings: EffectivePolicy[][] = [];
  const done = new Set<string>();
  for (const start of starts) {
    const way: { readonly dependency: EffectivePolicy; readonly ahead: EffectivePolicy[] }[] = [];
    const places = new Map<string, number>();
    const enter = (dependency: EffectivePolicy) => {
      places.set(dependency.id, way.length);
      way.push({ dependency, ahead: callsOf(dependency, calls) });
    };
    if (!done.has(start.id)) enter(start);
    for (let here = way.at(-1); here; here = way.at(-1)) {
      const next = here.ahead.pop();
      const place = next && places.get(next.id);
      if (place !== undefined) rings.push(way.slice(place).map(({ dependency }) => dependency));
      else if (next && !done.has(next.id)) enter(next);
      else if (!next) {
        way.pop();
        places.delete(here.dependency.id);
        done.add(here.dependency.id);
      }
    }
  }
  return rings;
}
