import { acquirerStates } from './acquirer.ts';
import { brokerStates } from './broker.ts';
import { postgresStates } from './postgres.ts';
import { restoredStates } from './restored.ts';
import type { DependencyState } from './state.ts';

export const dependencyStates: readonly DependencyState[] = [
  ...acquirerStates,
  ...postgresStates,
  ...restoredStates,
  ...brokerStates,
];
