/**
 * The saga's decisions: given how far each step is, what is next. Pure; worker/advance-saga.ts does what it says.
 *
 * Forwards authorise, reserve, capture, ship, close. A step that is refused turns every earlier effect into one to be undone,
 * last one first; then the order is closed as cancelled. A failure without an answer changes nothing here: the step is still
 * what is next.
 */
export const stepNames = ['authorise', 'reserve', 'capture', 'ship', 'close'] as const;

export type StepName = (typeof stepNames)[number];

/** `refused`: answered with a no, for good, and without an effect. `undoing`: has an effect that is to be undone. */
export type StepState = 'todo' | 'done' | 'refused' | 'undoing' | 'undone';

export type Steps = Readonly<Record<StepName, StepState>>;

export type Action =
  | { readonly kind: 'do'; readonly step: 'authorise' | 'reserve' | 'capture' }
  | { readonly kind: 'undo'; readonly step: 'authorise' | 'reserve' }
  /** Until fulfillment says what became of the shipment. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'close'; readonly outcome: 'fulfilled' | 'cancelled' }
  | { readonly kind: 'nothing' };

/** An action that the worker carries out itself, and what logs, spans and metrics call it. */
export type Work = Exclude<Action, { kind: 'wait' | 'nothing' }>;

export function nameOf(work: Work): string {
  if (work.kind === 'close') return 'close';
  if (work.kind === 'do') return work.step;
  return work.step === 'reserve' ? 'release' : 'reverse';
}

/** The step whose row says how the work went. */
export function stepOf(work: Work): StepName {
  return work.kind === 'close' ? 'close' : work.step;
}

export type SagaState = 'running' | 'waiting' | 'compensating' | 'ended';

export type CancellationCause = 'declined' | 'out-of-stock' | 'capture-refused' | 'shipment-failed';

/** Which refusal means what to the customer. */
const causes = {
  authorise: 'declined',
  reserve: 'out-of-stock',
  capture: 'capture-refused',
  ship: 'shipment-failed',
} as const satisfies Record<Exclude<StepName, 'close'>, CancellationCause>;

/** @param isAuthorised true if the payment came through while the customer waited */
export function firstSteps(isAuthorised: boolean): Steps {
  return { authorise: isAuthorised ? 'done' : 'todo', reserve: 'todo', capture: 'todo', ship: 'todo', close: 'todo' };
}

export function nextAction(steps: Steps): Action {
  if (steps.close === 'done') return { kind: 'nothing' };
  if (steps.reserve === 'undoing') return { kind: 'undo', step: 'reserve' };
  if (steps.authorise === 'undoing') return { kind: 'undo', step: 'authorise' };
  if (causeOf(steps)) return { kind: 'close', outcome: 'cancelled' };
  const step = stepNames.find((name) => steps[name] === 'todo') ?? 'close';
  if (step === 'close') return { kind: 'close', outcome: 'fulfilled' };
  return step === 'ship' ? { kind: 'wait' } : { kind: 'do', step };
}

/** Why the order is being cancelled; undefined if it is not. */
export function causeOf(steps: Steps): CancellationCause | undefined {
  const refused = stepNames.find((name) => steps[name] === 'refused');
  return refused && refused !== 'close' ? causes[refused] : undefined;
}

/** @param isRefused it was answered with a no; a compensation never is */
export function afterWork(steps: Steps, work: Work, isRefused: boolean): Steps {
  if (work.kind === 'undo') return afterUndone(steps, work.step);
  return isRefused ? afterRefused(steps, stepOf(work)) : afterDone(steps, stepOf(work));
}

export function afterDone(steps: Steps, step: StepName): Steps {
  return { ...steps, [step]: 'done' };
}

export function afterRefused(steps: Steps, step: StepName): Steps {
  const toUndo = stepNames.filter((name) => steps[name] === 'done').map((name) => [name, 'undoing'] as const);
  return { ...steps, ...Object.fromEntries(toUndo), [step]: 'refused' };
}

/** Undoing the authorization gives back what was captured of it, too: one reversal undoes both. */
export function afterUndone(steps: Steps, step: 'authorise' | 'reserve'): Steps {
  const capture = step === 'authorise' && steps.capture === 'undoing' ? 'undone' : steps.capture;
  return { ...steps, capture, [step]: 'undone' };
}

/** How a saga with this action ahead is seen from outside. */
export function stateOf(steps: Steps): SagaState {
  const { kind } = nextAction(steps);
  if (kind === 'nothing') return 'ended';
  if (kind === 'wait') return 'waiting';
  return causeOf(steps) ? 'compensating' : 'running';
}

const firstBackOffMs = 200;
/** So that all sagas end within a minute of a long outage's end. */
const maxBackOffMs = 5_000;

/** @param failures in a row of the step that is next, from 1 */
export function backOffMs(failures: number): number {
  return Math.min(firstBackOffMs * 2 ** (failures - 1), maxBackOffMs);
}

/** Failures in a row after which a person should look. The step is tried on. */
export const stuckAfterFailures = 10;
