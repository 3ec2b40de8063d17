/** What a rule found wrong. */
export interface Problem {
  /**
   * What it is about: a dependency `orders->inventory`, its RPC `orders->inventory.Check`, a service, a topic, an
   * environment `environments.prod`, a saga's step.
   */
  readonly subject: string;
  /** The field at fault, as the source writes it: `timeoutMs = 300`. */
  readonly value: string;
  /** The rule's name, kebab-case. */
  readonly rule: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** Nothing is emitted while any problem is left; the message lists them all. */
export class SynthesisRejected extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super([`${problems.length} problem(s) in topology.ts and policies.ts:`, ...problems.map(format)].join('\n'));
    this.name = 'SynthesisRejected';
    this.problems = problems;
  }
}

function format({ subject, value, rule, message }: Problem): string {
  return `  ${subject}  ${value}  [${rule}]\n    ${message}`;
}
