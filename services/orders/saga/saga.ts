/**
 * The saga's decisions: given the state of each step, what comes next. Pure; advance-saga.ts carries the decisions out.
 *
 * The steps run in the order authorize, reserve, capture, ship, close. When a step is rejected, the effects of all
 * earlier steps are compensated, the last one first, and then the order is closed as cancelled. A failure without an
 * answer changes nothing here: the same step is next.
 */
export const stepNames = ['authorize', 'reserve', 'capture', 'ship', 'close'] as const;

export type StepName = (typeof stepNames)[number];

/** `rejected`: failed permanently, without an effect. `compensating`: has an effect that must be compensated. */
export type StepState = 'todo' | 'done' | 'rejected' | 'compensating' | 'compensated';

export type Steps = Readonly<Record<StepName, StepState>>;

export type Action =
  | { readonly kind: 'do'; readonly step: 'authorize' | 'reserve' | 'capture' }
  | { readonly kind: 'compensate'; readonly step: 'authorize' | 'reserve' }
  /** An operator cancels the order before its next step. */
  | { readonly kind: 'cancel' }
  /** Until fulfillment reports the shipment. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'close'; readonly outcome: 'fulfilled' | 'cancelled' }
  | { readonly kind: 'nothing' };

/** An action that the worker carries out itself, and what logs, spans and metrics call it. */
export type Work = Exclude<Action, { kind: 'wait' | 'nothing' }>;

export function nameOf(work: Work): string {
  if (work.kind === 'close' || work.kind === 'cancel') return work.kind;
  if (work.kind === 'do') return work.step;
  return work.step === 'reserve' ? 'release' : 'reverse';
}

/** The step whose row records the work. */
export function stepOf(work: Work): StepName {
  return work.kind === 'close' || work.kind === 'cancel' ? 'close' : work.step;
}

export type SagaState = 'running' | 'waiting' | 'compensating' | 'ended';

export type CancellationCause = 'declined' | 'out-of-stock' | 'capture-refused' | 'shipment-failed' | 'by-operator';

/** Why an order is cancelled when a step is rejected. */
const causes = {
  authorize: 'declined',
  reserve: 'out-of-stock',
  capture: 'capture-refused',
  ship: 'shipment-failed',
} as const satisfies Record<Exclude<StepName, 'close'>, CancellationCause>;

/** @param isAuthorized whether payments authorized the amount while the customer waited */
export function firstSteps(isAuthorized: boolean): Steps {
  return { authorize: isAuthorized ? 'done' : 'todo', reserve: 'todo', capture: 'todo', ship: 'todo', close: 'todo' };
}

/** @param isCancelRequested whether an operator wants the order cancelled; that has no effect once it can be shipped */
export function nextAction(steps: Steps, isCancelRequested = false): Action {
  if (steps.close === 'done') return { kind: 'nothing' };
  if (steps.reserve === 'compensating') return { kind: 'compensate', step: 'reserve' };
  if (steps.authorize === 'compensating') return { kind: 'compensate', step: 'authorize' };
  if (causeOf(steps)) return { kind: 'close', outcome: 'cancelled' };
  const step = stepNames.find((name) => steps[name] === 'todo') ?? 'close';
  if (step === 'close') return { kind: 'close', outcome: 'fulfilled' };
  if (step === 'ship') return { kind: 'wait' };
  return isCancelRequested ? { kind: 'cancel' } : { kind: 'do', step };
}

/** Why the order is being cancelled; undefined if it is not. */
export function causeOf(steps: Steps, isCancelRequested = false): CancellationCause | undefined {
  const rejected = stepNames.find((name) => steps[name] === 'rejected');
  if (!rejected || rejected === 'close') return undefined;
  return isCancelRequested ? 'by-operator' : causes[rejected];
}

/** @param isRejected whether the step failed permanently; a compensation never does */
export function afterWork(steps: Steps, work: Work, isRejected: boolean): Steps {
  if (work.kind === 'cancel') return afterCancel(steps);
  if (work.kind === 'compensate') return afterCompensation(steps, work.step);
  return isRejected ? afterRejection(steps, stepOf(work)) : afterDone(steps, stepOf(work));
}

export function afterDone(steps: Steps, step: StepName): Steps {
  return { ...steps, [step]: 'done' };
}

export function afterRejection(steps: Steps, step: StepName): Steps {
  const effects = stepNames.filter((name) => steps[name] === 'done').map((name) => [name, 'compensating'] as const);
  return { ...steps, ...Object.fromEntries(effects), [step]: 'rejected' };
}

/**
 * The next step may have been attempted without an answer, so its effect is compensated, too: a release and a reversal
 * also prevent a delayed Reserve and Capture. An authorization that may exist is reversed by abandoned-payments.ts.
 */
function afterCancel(steps: Steps): Steps {
  if (steps.authorize === 'todo') return afterRejection(steps, 'authorize');
  return afterRejection({ ...steps, reserve: 'done' }, 'capture');
}

/** One reversal compensates the authorization and what was captured of it. */
export function afterCompensation(steps: Steps, step: 'authorize' | 'reserve'): Steps {
  const capture = step === 'authorize' && steps.capture === 'compensating' ? 'compensated' : steps.capture;
  return { ...steps, capture, [step]: 'compensated' };
}

/** The saga's state as metrics and operators see it. */
export function stateOf(steps: Steps, { kind }: Action = nextAction(steps)): SagaState {
  if (kind === 'nothing') return 'ended';
  if (kind === 'wait') return 'waiting';
  return causeOf(steps) ? 'compensating' : 'running';
}

/** Consecutive failures after which a person should look. The saga keeps retrying the step. */
export const stuckAfterFailures = 10;
