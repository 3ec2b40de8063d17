import type { Problem } from '../model/problem.ts';
import type { CallGraph } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** Whether a call may run twice, and what it calls in turn, depends on the callee: it is the same for every caller. */
export function callersAgree({ calls }: CallGraph): Problem[] {
  const first = new Map<string, EffectivePolicy>();
  return [...calls.values()].flatMap((dependency) => {
    const rpc = `${dependency.callee} ${dependency.method} ${dependency.path}`;
    const other = first.get(rpc);
    if (!other) first.set(rpc, dependency);
    return other ? compare(dependency, other) : [];
  });
}

function compare(dependency: EffectivePolicy, other: EffectivePolicy): Problem[] {
  const statements = [
    { field: 'idempotency', here: dependency.idempotency, there: other.idempotency },
    { field: 'calls', here: namesOf(dependency), there: namesOf(other) },
  ];
  return statements
    .filter(({ here, there }) => here !== there)
    .map(({ field, here, there }) => ({
      subject: dependency.id,
      value: `${field} = ${here}`,
      rule: 'callers-agree',
      message: `${other.id} says ${there} of the same call: only one of them can be right.`,
    }));
}

function namesOf({ callee, calls }: EffectivePolicy): string {
  return (
    calls
      .map((id) => id.slice(`${callee}->`.length))
      .toSorted()
      .join(', ') || 'none'
  );
}
