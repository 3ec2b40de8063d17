import { availabilityOfRoutes } from '../analysis/availability.ts';
import { toUses } from '../analysis/check-decisions.ts';
import { articles, criteria } from '../analysis/criteria.ts';
import { tactics } from '../analysis/tactics.ts';
import { syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import { writeInteractions } from './interaction-section.ts';
import { code, formatMs, joinBlocks, table } from './markdown.ts';

/**
 * docs/decisions.md: the criteria, the catalogue of tactics, and each interaction with all that is decided about it.
 */
export function writeDecisions(model: Model): string {
  return joinBlocks([
    '# The decision record',
    'Written by `make decisions` from [topology.ts](../cdk8s/topology.ts), [policies.ts](../cdk8s/policies.ts), [criteria.ts](../cdk8s/analysis/criteria.ts) and [tactics.ts](../cdk8s/analysis/tactics.ts); edit those. `make synth` rejects a decision that contradicts a criterion or does not meet what its tactic requires.',
    ...writeOverview(model),
    ...writeCriteria(model),
    ...writeTactics(),
    ...writeAvailability(model),
    '## Interactions',
    ...writeInteractions(model),
  ]);
}

function writeOverview(model: Model): string[] {
  const rows = toUses(model).map(({ id, interaction: { decision } }) => [
    code(id),
    decision.tactic,
    decision.waits,
    decision.criticality,
    formatMs(decision.latencyBudgetMs),
    `${decision.availabilityPercent} %`,
    decision.owner,
  ]);
  const header = ['interaction', 'tactic', 'who waits', 'criticality', 'latency budget', 'availability', 'owner'];
  return ['## At a glance', table(header, rows)];
}

function writeCriteria(model: Model): string[] {
  const numbers = new Map(Object.keys(articles).map((article, index) => [article, index + 1]));
  const rows = criteria.map(({ name, question, syncWhen, asyncWhen, reason, sources }) => {
    const cited = sources.map((source) => `[${numbers.get(source)}]`).join(' ');
    return [code(name), question, syncWhen, asyncWhen, reason, cited];
  });
  const verdicts = toUses(model).map(({ id, interaction: { decision } }) => [
    code(id),
    ...criteria.map(({ verdict }) => verdict(decision)),
    `**${tactics[decision.tactic].style}**`,
  ]);
  return [
    '## What makes an interaction sync or async',
    table(['criterion', 'question', 'sync', 'async', 'because', 'source'], rows),
    'If every criterion permits both, the tactic decides. The verdict of each criterion about each interaction:',
    table(['interaction', ...criteria.map(({ name }) => name), 'chosen'], verdicts),
    Object.values(articles)
      .map((title, index) => `[${index + 1}] ${title}`)
      .join('  \n'),
  ];
}

function writeTactics(): string[] {
  const rows = Object.entries(tactics).map(([name, { style, goodFor, costs, requires }]) => [
    code(name),
    style === 'rejected' ? '**rejected**' : style,
    goodFor,
    costs,
    requires.map(({ text }) => text).join('; ') || '–',
  ]);
  return ['## The catalogue of tactics', table(['tactic', 'style', 'good for', 'costs', 'requires'], rows)];
}

function writeAvailability(model: Model): string[] {
  const percent = (share: number) => `${(share * 100).toFixed(3)} %`;
  const rows = availabilityOfRoutes(model).map(({ route, parts, withoutPolicies, withPolicies }) => [
    code(route),
    String(parts),
    percent(withoutPolicies),
    percent(withPolicies),
  ]);
  return [
    '## What users get',
    'Each route is as available as all its parts together: five parts of 99 % are about 95 %. Retries raise that if failures are single lost answers. In an outage all attempts fail together, and users get the figure without policies. The calculation does not count pending orders as available.',
    table(['route', 'parts', 'without policies', 'with policies'], rows),
    'Who may call each route, and what they may expect of it over 30 days. Failures that the gateway answers itself count; alerts fire when the rest, the error budget, burns too fast.',
    table(['route', 'is for', 'no 5xx', 'answers in time'], routesOf(model)),
  ];
}

function routesOf({ topology }: Model): string[][] {
  return syncInteractions(topology).flatMap(({ callee, rpcs }) =>
    Object.entries(rpcs).flatMap(([name, { slo, access = '' }]) =>
      slo
        ? [
            [
              code(`${callee}.${name}`),
              access,
              `${slo.availabilityPercent} %`,
              `${slo.latency.percent} % within ${formatMs(slo.latency.withinMs)}`,
            ],
          ]
        : [],
    ),
  );
}
