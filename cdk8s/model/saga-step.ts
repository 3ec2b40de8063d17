/** The types of saga.ts: the path of one order through all services, each step a local transaction. */

export interface Saga {
  /** In the order in which they run. */
  readonly steps: readonly SagaStep[];
}

export interface SagaStep {
  readonly name: string;
  /** The services that carry it out: the first one, and if that fails or times out, the next. */
  readonly by: readonly string[];
  readonly does: Work;
  readonly compensation: Compensation;
  /** The events that it publishes. */
  readonly events: readonly SagaEvent[];
  readonly note: string;
}

type Work =
  /** The saga begins: a client calls `callee.Rpc` of the service that carries it out. */
  | { readonly kind: 'is-called'; readonly caller: string; readonly rpc: string }
  /** Each of `by` calls `callee.Rpc`. */
  | { readonly kind: 'calls'; readonly rpc: string }
  | { readonly kind: 'consumes'; readonly event: SagaEvent }
  /** Changes its own database only. */
  | { readonly kind: 'own-work' };

export type Compensation =
  /** The compensation: a call of `callee.Rpc`, retried until it succeeds, and the event that it publishes. */
  | { readonly kind: 'call'; readonly caller: string; readonly rpc: string; readonly event: SagaEvent }
  /** It has no effect outside of its own database. */
  | { readonly kind: 'none-needed' }
  /** The last step with an effect: nothing after it can fail, so it is never compensated. A rejection has no effect. */
  | { readonly kind: 'retried-until-done' };

export interface SagaEvent {
  readonly topic: string;
  /** Short for the CloudEvents type: `order.placed` is `windlass.order.placed.v1`. */
  readonly type: string;
}

/** All events of the saga, those of compensations included. */
export function sagaEvents({ steps }: Saga): SagaEvent[] {
  return steps.flatMap(({ events, compensation }) =>
    compensation.kind === 'call' ? [...events, compensation.event] : events,
  );
}

export function isSameEvent(one: SagaEvent, other: SagaEvent): boolean {
  return one.topic === other.topic && one.type === other.type;
}

/** A call that the saga needs. */
export interface SagaCall {
  readonly step: string;
  readonly caller: string;
  readonly callee: string;
  readonly rpc: string;
}

/** Every call of the saga, compensations included. */
export function sagaCalls({ steps }: Saga): SagaCall[] {
  return steps.flatMap((step) => {
    const { name, by, does, compensation } = step;
    return [
      ...(does.kind === 'is-called' ? [toCall(name, does.caller, does.rpc)] : []),
      ...(does.kind === 'calls' ? by.map((caller) => toCall(name, caller, does.rpc)) : []),
      ...(compensation.kind === 'call' ? [toCall(name, compensation.caller, compensation.rpc)] : []),
    ];
  });
}

function toCall(step: string, caller: string, calleeAndRpc: string): SagaCall {
  const [callee = '', rpc = ''] = calleeAndRpc.split('.');
  return { step, caller, callee, rpc };
}
