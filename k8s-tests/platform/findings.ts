/** What a linter says about one object. */
export interface Finding {
  /** What is found, without the object: a rule's id, or the id and the sentence where one rule says several things. */
  readonly what: string;
  readonly object: string;
}

/** Findings that stay, by `what`, and for each a reason of one line. */
export type Waivers = Readonly<Record<string, string>>;

/** What is wrong: findings that nobody gave a reason for, and reasons that no finding needs any more. */
export function judge(findings: readonly Finding[], waivers: Waivers): readonly string[] {
  const seen = new Set(findings.map(({ what }) => what));
  return [
    ...findings.filter(({ what }) => waivers[what] === undefined).map(({ what, object }) => `${object}: ${what}`),
    ...Object.keys(waivers)
      .filter((what) => !seen.has(what))
      .map((what) => `waived, but not found: ${what}`),
    ...Object.entries(waivers)
      .filter(([, reason]) => reason.trim() === '' || reason.includes('\n'))
      .map(([what]) => `waived without a reason of one line: ${what}`),
  ];
}
