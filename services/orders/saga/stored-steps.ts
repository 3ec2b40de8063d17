import { type StepName, type StepState, type Steps, stepNames } from './saga.ts';

/** The names of steps in the database: those of the first release. */
const storedNames = {
  authorize: 'authorise',
  reserve: 'reserve',
  capture: 'capture',
  ship: 'ship',
  close: 'close',
} as const satisfies Record<StepName, string>;

/** The names of step states in the database. */
const storedStates = {
  todo: 'todo',
  done: 'done',
  rejected: 'refused',
  compensating: 'undoing',
  compensated: 'undone',
} as const satisfies Record<StepState, string>;
const statesByWord = new Map(
  (Object.keys(storedStates) as StepState[]).map((state): [string, StepState] => [storedStates[state], state]),
);

/** Steps as the table `saga_steps` has them: state by step. */
export type StoredSteps = Readonly<Record<string, string>>;

export const toStoredName = (step: StepName): string => storedNames[step];

export const toStoredState = (state: StepState): string => storedStates[state];

/** @returns the stored name if it is unknown */
export const fromStoredName = (stored: string): string =>
  stepNames.find((name) => storedNames[name] === stored) ?? stored;

/** @returns the stored word if it is unknown */
export const fromStoredState = (stored: string): string => statesByWord.get(stored) ?? stored;

export function fromStored(stored: StoredSteps): Steps {
  const entries = stepNames.map((name) => [name, statesByWord.get(stored[storedNames[name]] ?? '')]);
  return Object.fromEntries(entries) as Steps;
}
