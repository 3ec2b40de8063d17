import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';

/** What calls something that changes anything changes something itself, and is not safe. */
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
          message: `it calls ${next.id}, which is ${next.idempotency}: by-key or none is right here, too.`,
        })),
    );
}
