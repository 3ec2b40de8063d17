import type { Decision } from '../model/decision.ts';
import { interactionId } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { criteria } from './criteria.ts';
import type { Use } from './requirements.ts';
import { tactics } from './tactics.ts';

/** Checks each interaction's decision against the criteria and the catalogue of tactics. */
export function checkDecisions(model: Model): Problem[] {
  return toUses(model).flatMap((use) => [
    ...isStated(use),
    ...fitsStyle(use),
    ...agreesWithCriteria(use),
    ...meetsRequirements(use),
  ]);
}

/** The interactions by their names in messages. */
export function toUses(model: Model): Use[] {
  return model.topology.interactions.map((interaction) => ({
    id: interactionId(interaction),
    interaction,
    model,
  }));
}

/** Governance: every decision has an owner, a stated impact and numbers to measure it by. */
function isStated({ id, interaction: { decision } }: Use): Problem[] {
  const texts = (['owner', 'impact', 'onFailure'] as const)
    .filter((field) => decision[field].trim() === '')
    .map((field) => fault(field, 'must be stated.'));
  const { latencyBudgetMs, availabilityPercent } = decision;
  const budget = Number.isInteger(latencyBudgetMs) && latencyBudgetMs > 0;
  const availability = availabilityPercent > 0 && availabilityPercent < 100;
  return [
    ...texts,
    ...(budget ? [] : [fault('latencyBudgetMs', 'must be a whole number above 0.')]),
    ...(availability
      ? []
      : [fault('availabilityPercent', 'must be above 0 and below 100: nothing is always available.')]),
  ];

  function fault(field: keyof Decision, message: string): Problem {
    return { subject: id, value: format(decision, field), rule: 'decision-stated', message };
  }
}

function fitsStyle({ id, interaction: { style, decision } }: Use): Problem[] {
  const tactic = tactics[decision.tactic];
  const problem = { subject: id, value: format(decision, 'tactic') };
  if (tactic.style === 'rejected') return [{ ...problem, rule: 'tactic-not-rejected', message: `${tactic.costs}.` }];
  if (tactic.style === style) return [];
  const message = `the interaction is ${style}, the tactic ${tactic.style}: one of the two is wrong.`;
  return [{ ...problem, rule: 'tactic-fits-style', message }];
}

function agreesWithCriteria({ id, interaction: { decision } }: Use): Problem[] {
  const { style } = tactics[decision.tactic];
  if (style === 'rejected') return [];
  return criteria.flatMap(({ name, question, reason, reads, verdict }) => {
    const favored = verdict(decision);
    if (favored === 'either' || favored === style) return [];
    const value = reads.map((field) => format(decision, field)).join(', ');
    const message = `${question} This asks for ${favored}, ${decision.tactic} is ${style}. ${reason}`;
    return [{ subject: id, value, rule: name, message }];
  });
}

function meetsRequirements(use: Use): Problem[] {
  const { tactic } = use.interaction.decision;
  return tactics[tactic].requires.flatMap(({ name, text, findUnmet }) =>
    findUnmet(use).map((unmet) => ({ ...unmet, rule: name, message: `${tactic} requires: ${text}.` })),
  );
}

function format(decision: Decision, field: keyof Decision): string {
  return `${field} = ${decision[field]}`;
}
