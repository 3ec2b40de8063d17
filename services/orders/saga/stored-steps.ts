import { type StepName, type StepState, type Steps, stepNames } from './saga.ts';

/** The words for steps and their states that databases hold since the first release, where the code has others now. */
const storedNames = { authorize: 'authorise' } as const satisfies Partial<Record<StepName, string>>;
const storedStates = {
  rejected: 'refused',
  compensating: 'undoing',
  compensated: 'undone',
} as const satisfies Partial<Record<StepState, string>>;
const states = new Map(Object.entries(storedStates).map(([state, stored]) => [stored as string, state as StepState]));

/** Steps as the table `saga_steps` has them: state by step. */
export type StoredSteps = Readonly<Record<string, string>>;

export function toStoredName(step: StepName): string {
  return step in storedNames ? storedNames[step as keyof typeof storedNames] : step;
}

export function toStored(steps: Steps): StoredSteps {
  const state = (name: StepName) => (storedStates as Partial<Record<StepState, string>>)[steps[name]] ?? steps[name];
  return Object.fromEntries(stepNames.map((name) => [toStoredName(name), state(name)]));
}

export function fromStored(stored: StoredSteps): Steps {
  const state = (name: StepName) => stored[toStoredName(name)] ?? '';
  const entries = stepNames.map((name) => [name, states.get(state(name)) ?? state(name)]);
  return Object.fromEntries(entries) as Steps;
}
