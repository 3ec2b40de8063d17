import type { AcceptedOrder, ShopState } from './state.ts';

/** A statement that is true for every case, whatever fails. */
export interface Invariant {
  /** In kebab-case. */
  readonly name: string;
  readonly says: string;
  readonly examine: (state: ShopState, accepted: readonly AcceptedOrder[]) => Examination;
}

/** The number of checked cases, and the violations. */
export interface Examination {
  readonly cases: number;
  readonly wrong: readonly string[];
}

/**
 * Checks each case independently.
 * @param judge returns one message per violation of a case
 */
export function examineEach<Case>(cases: readonly Case[], judge: (one: Case) => readonly string[]): Examination {
  return { cases: cases.length, wrong: cases.flatMap(judge) };
}

/** Returns the message if the case is wrong. */
export const wrongIf = (isWrong: boolean, message: string): readonly string[] => (isWrong ? [message] : []);

export const isTerminal = (status: string): boolean => status === 'fulfilled' || status === 'cancelled';
