import { UserError } from '../settings.ts';
import type { Decision } from './decide.ts';

/**
 * Says what `make up` will do on a cluster that others use, before it changes anything.
 * @throws UserError with all problems, if there are any
 */
export function announce(context: string, { plan, problems }: Decision): void {
  if (problems.length > 0)
    throw new UserError([`KUBE_CONTEXT=${context}: nothing was changed, because`, ...problems].join('\n  - '));
  console.error([`On ${context}, Windlass`, ...plan].join('\n  - '));
}
