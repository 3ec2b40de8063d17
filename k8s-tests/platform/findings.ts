/** A finding of a linter about one object. */
export interface Finding {
  /** The finding without its object: a rule's id, and the rule's message if it has several. */
  readonly what: string;
  readonly object: string;
}

/** An accepted finding. */
export interface Waiver {
  /** The finding's `what`. */
  readonly what: string;
  /** Matches each object in which it is accepted. */
  readonly objects: RegExp;
  /** Why, in one line. */
  readonly reason: string;
}

/** @returns the findings without a waiver, the waivers without a finding, and the waivers without a one-line reason */
export function judge(findings: readonly Finding[], waivers: readonly Waiver[]): readonly string[] {
  const covers = (waiver: Waiver) => (finding: Finding) =>
    waiver.what === finding.what && waiver.objects.test(finding.object);
  const titleOf = ({ what, objects }: Waiver) => `${what}, in ${objects}`;
  return [
    ...findings
      .filter((finding) => !waivers.some((waiver) => covers(waiver)(finding)))
      .map(({ what, object }) => `${object}: ${what}`),
    ...waivers
      .filter((waiver) => !findings.some(covers(waiver)))
      .map((waiver) => `waived, but not found: ${titleOf(waiver)}`),
    ...waivers
      .filter(({ reason }) => reason.trim() === '' || reason.includes('\n'))
      .map((waiver) => `waived without a reason of one line: ${titleOf(waiver)}`),
  ];
}
