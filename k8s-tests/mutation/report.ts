import type { MutationResult } from './mutate.ts';

/** The share of the mutants accepted by the synthesis that a cluster test killed; 1 if the synthesis accepted none. */
export function killedShare(outcomes: readonly MutationResult[]): number {
  const deployed = outcomes.filter(({ verdict }) => verdict.kind !== 'rejected').length;
  return deployed === 0 ? 1 : count(outcomes, 'killed') / deployed;
}

/** Whether a cluster test killed each mutant that changed a manifest. Only the synthesis can check the others. */
export function everyDeployedIsKilled(outcomes: readonly MutationResult[]): boolean {
  return outcomes.every(({ verdict }) => verdict.kind !== 'survived' || verdict.why === 'no manifest changed');
}

/** The result as Markdown: counts, the rules that rejected mutants, and every survivor by name. */
export function formatReport(outcomes: readonly MutationResult[], at: Date): string {
  const rejections = outcomes.flatMap(({ verdict }) => (verdict.kind === 'rejected' ? verdict.rules : []));
  const byRule = Object.entries(Object.groupBy(rejections, (rule) => rule)).toSorted(([a], [b]) => a.localeCompare(b));
  const survivors = outcomes.flatMap(({ mutant, verdict }) =>
    verdict.kind === 'survived' ? [`- ${mutant} (${verdict.why})`] : [],
  );
  return `# Mutation of the policies

Each field of each policy removed or changed in turn: \`make mutate\`, ${at.toISOString().slice(0, 10)}.

| mutants | rejected by the synthesis | killed by a cluster test | survived | killed, of those accepted |
|---|---|---|---|---|
| ${outcomes.length} | ${count(outcomes, 'rejected')} | ${count(outcomes, 'killed')} | ${count(outcomes, 'survived')} | ${(100 * killedShare(outcomes)).toFixed(1)} % |

Rejected by (a mutant may break several rules):

${byRule.map(([rule, mutants = []]) => `- ${rule}: ${mutants.length}`).join('\n') || '- none'}

Survivors:

${survivors.join('\n') || '- none'}
`;
}

function count(outcomes: readonly MutationResult[], kind: MutationResult['verdict']['kind']): number {
  return outcomes.filter(({ verdict }) => verdict.kind === kind).length;
}
