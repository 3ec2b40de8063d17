import type { AcceptedOrder, ShopState } from './state.ts';

/** Something that holds for every case, whatever dies. */
export interface Invariant {
  /** In kebab-case. */
  readonly name: string;
  readonly says: string;
  readonly examine: (state: ShopState, accepted: readonly AcceptedOrder[]) => Finding;
}

/** How many cases were looked at, and what was wrong with some. */
export interface Finding {
  readonly cases: number;
  readonly wrong: readonly string[];
}

/** Looks at each case on its own. @param judge says what is wrong, each thing for itself; nothing when all is well */
export function examineEach<Case>(cases: readonly Case[], judge: (one: Case) => readonly string[]): Finding {
  return { cases: cases.length, wrong: cases.flatMap(judge) };
}

/** A judge's answer: what is wrong, where it is. */
export const wrongIf = (isWrong: boolean, message: string): readonly string[] => (isWrong ? [message] : []);

export const isTerminal = (status: string): boolean => status === 'fulfilled' || status === 'cancelled';
