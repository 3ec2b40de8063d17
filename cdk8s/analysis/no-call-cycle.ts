import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** A call that leads to itself waits for its own answer, and one request never ends. */
export function noCallCycle({ unordered, calls }: CallGraph): Problem[] {
  return findRings(unordered, calls).map((ring) => ({
    subject: ring.at(-1)?.id ?? '',
    value: `calls = ${ring[0]?.callee}.${ring[0]?.rpc}`,
    rule: 'no-call-cycle',
    message: `${[...ring, ...ring.slice(0, 1)].map(({ id }) => id).join(' -> ')}: a request would never end. One of these calls must go, or become an event.`,
  }));
}

/** Walks depth first, with a stack of its own (chains may be long): whatever leads back to the way it came on closes a ring. */
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
