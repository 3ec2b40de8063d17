/** A finding of a linter about one object. */
export interface Finding {
  /** The finding without its object: a rule's id, and the rule's message if it has several. */
  readonly what: string;
  readonly object: string;
}

/** The reasons for accepted findings, one line each, by the finding's `what`. */
export type Waivers = Readonly<Record<string, string>>;

/** @returns the findings without a waiver, the waivers without a finding, and the waivers without a one-line reason */
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
