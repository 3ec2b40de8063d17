/** What a rule found wrong with one dependency. */
export interface Problem {
  /** `orders->inventory` or, about one RPC, `orders->inventory.Check`. */
  readonly dependency: string;
  /** The field at fault, as it stands in the source: `timeoutMs = 300`. */
  readonly value: string;
  /** The rule's name, kebab-case. */
  readonly rule: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** Nothing is emitted while any problem is left; the message lists them all. */
export class SynthesisRefused extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super([`${problems.length} problem(s) in topology.ts and policies.ts:`, ...problems.map(format)].join('\n'));
    this.name = 'SynthesisRefused';
    this.problems = problems;
  }
}

function format({ dependency, value, rule, message }: Problem): string {
  return `  ${dependency}  ${value}  [${rule}]\n    ${message}`;
}
