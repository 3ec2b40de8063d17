import type { Problem } from '../model/problem.ts';
import type { CallGraph } from './call-graph.ts';
import type { EffectiveEdge } from './effective-policy.ts';

/** Whether a call may run twice and what it calls in turn are its callee's doing: the same for whoever calls. */
export function callersAgree({ calls }: CallGraph): Problem[] {
  const first = new Map<string, EffectiveEdge>();
  return [...calls.values()].flatMap((edge) => {
    const rpc = `${edge.callee} ${edge.method} ${edge.path}`;
    const other = first.get(rpc);
    if (!other) first.set(rpc, edge);
    return other ? compare(edge, other) : [];
  });
}

function compare(edge: EffectiveEdge, other: EffectiveEdge): Problem[] {
  const statements = [
    { field: 'idempotency', here: edge.idempotency, there: other.idempotency },
    { field: 'calls', here: namesOf(edge), there: namesOf(other) },
  ];
  return statements
    .filter(({ here, there }) => here !== there)
    .map(({ field, here, there }) => ({
      edge: edge.id,
      value: `${field} = ${here}`,
      rule: 'callers-agree',
      message: `${other.id} says ${there} of the same call: only one of them can be right.`,
    }));
}

function namesOf({ callee, calls }: EffectiveEdge): string {
  return (
    calls
      .map((id) => id.slice(`${callee}->`.length))
      .toSorted()
      .join(', ') || 'none'
  );
}
