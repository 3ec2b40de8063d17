import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { mayHaveArrived, NEVER_ARRIVED } from './retries.ts';

/** Everything between client and service treats a GET as safe (RFC 9110, 9.2.1), so it must be safe. */
export function getIsSafe({ id, method, idempotency }: EffectivePolicy): Problem[] {
  if (method !== 'GET' || idempotency === 'safe') return [];
  return [
    {
      subject: id,
      value: `idempotency = ${idempotency}`,
      rule: 'get-is-safe',
      message: 'a GET must not change anything: state safe, or use another method.',
    },
  ];
}

/** A call that must not run twice may be retried only if it surely has not run. */
export function retryNeedsIdempotency(dependency: EffectivePolicy): Problem[] {
  if (dependency.idempotency !== 'none' || dependency.maxAttempts === 1) return [];
  return mayHaveArrived(dependency).map((condition) => ({
    subject: dependency.id,
    value: `retries.conditions: ${condition}`,
    rule: 'retry-needs-idempotency',
    message: `the callee may have done its work already and would do it again. Without idempotency use only ${NEVER_ARRIVED.join(', ')}.`,
  }));
}

/** A callee that makes a call which changes something changes something itself, so the call to it is not safe. */
export function safeCallsSafe({ calls }: CallGraph): Problem[] {
  return [...calls.values()]
    .filter(({ idempotency }) => idempotency === 'safe')
    .flatMap((dependency) =>
      callsOf(dependency, calls)
        .filter(({ idempotency }) => idempotency !== 'safe')
        .map((next) => ({
          subject: dependency.id,
          value: 'idempotency = safe',
          rule: 'safe-calls-safe',
          message: `it calls ${next.id}, which is ${next.idempotency}: state by-key or none here as well.`,
        })),
    );
}

/**
 * Whether a call may run twice and which calls it leads to depends on the callee, so all callers must state the same.
 */
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
