/**
 * The words that saga.ts is written in: one order's way through all services, each step a local transaction.
 */

export interface Saga {
  /** In the order in which they are taken. */
  readonly steps: readonly SagaStep[];
}

export interface SagaStep {
  readonly name: string;
  /** Who carries it out: the first one, and if it fails or is late, the next. */
  readonly by: readonly string[];
  readonly does: Work;
  readonly undo: Undo;
  /** What becomes known by it. */
  readonly events: readonly SagaEvent[];
  readonly note: string;
}

export type Work =
  /** The saga begins: someone calls `callee.Rpc` of the service that carries it out. */
  | { readonly kind: 'is-called'; readonly caller: string; readonly rpc: string }
  /** Each of `by` calls `callee.Rpc`. */
  | { readonly kind: 'calls'; readonly rpc: string }
  | { readonly kind: 'consumes'; readonly event: SagaEvent }
  /** Changes its own database only. */
  | { readonly kind: 'own-work' };

export type Undo =
  /** The compensation: a call of `callee.Rpc`, tried again until it succeeds, and what becomes known by it. */
  | { readonly kind: 'call'; readonly caller: string; readonly rpc: string; readonly event: SagaEvent }
  /** It has no effect outside of its own database. */
  | { readonly kind: 'nothing-to-undo' }
  /** The last step with an effect: nothing after it can fail, so it is never undone. It may be refused, and has no effect then. */
  | { readonly kind: 'retried-until-done' };

export interface SagaEvent {
  readonly topic: string;
  /** Short for the CloudEvents type: `order.placed` is `windlass.order.placed.v1`. */
  readonly type: string;
}

/** What becomes known of an order on its way, compensations included. */
export function sagaEvents({ steps }: Saga): SagaEvent[] {
  return steps.flatMap(({ events, undo }) => (undo.kind === 'call' ? [...events, undo.event] : events));
}

export function isSameEvent(one: SagaEvent, other: SagaEvent): boolean {
  return one.topic === other.topic && one.type === other.type;
}

/** A call that the saga rests on. */
export interface SagaCall {
  readonly step: string;
  readonly caller: string;
  readonly callee: string;
  readonly rpc: string;
}

/** Every call of the saga, compensations included. */
export function sagaCalls({ steps }: Saga): SagaCall[] {
  return steps.flatMap((step) => {
    const { name, by, does, undo } = step;
    return [
      ...(does.kind === 'is-called' ? [toCall(name, does.caller, does.rpc)] : []),
      ...(does.kind === 'calls' ? by.map((caller) => toCall(name, caller, does.rpc)) : []),
      ...(undo.kind === 'call' ? [toCall(name, undo.caller, undo.rpc)] : []),
    ];
  });
}

function toCall(step: string, caller: string, calleeAndRpc: string): SagaCall {
  const [callee = '', rpc = ''] = calleeAndRpc.split('.');
  return { step, caller, callee, rpc };
}
