import { dependencyId, syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import { sagaCalls } from '../model/saga-step.ts';
import type { AsyncInteraction, SyncInteraction } from '../model/topology.ts';
import { SUB_SECOND_MS } from './criteria.ts';

/** What must be true of an interaction before a tactic may serve it. */
export interface Requirement {
  /** Kebab-case; also the name of the rule that rejects. */
  readonly name: string;
  readonly text: string;
  readonly findUnmet: (use: Use) => readonly Unmet[];
}

/** One interaction and the model around it. */
export interface Use {
  /** As in messages: `orders->inventory`, `orders-worker->orders.v1->notifications`. */
  readonly id: string;
  readonly interaction: SyncInteraction | AsyncInteraction;
  readonly model: Model;
}

interface Unmet {
  readonly subject: string;
  /** As the source states it: `waits = nobody`. */
  readonly value: string;
}

export const calleeIsOurs: Requirement = {
  name: 'callee-is-ours',
  text: 'we run the called service; a partner is called by its adapter only',
  findUnmet: ({ id, interaction, model }) => unmetIf(isPartner(interaction, model), id, calleeOf(interaction)),
};

export const calleeIsPartner: Requirement = {
  name: 'callee-is-partner',
  text: 'the called service is external: a partner runs it',
  findUnmet: ({ id, interaction, model }) => unmetIf(!isPartner(interaction, model), id, calleeOf(interaction)),
};

export const onlyCaller: Requirement = {
  name: 'only-caller',
  text: 'no other service calls this partner',
  findUnmet: ({ id, interaction, model }) => {
    if (interaction.style === 'async') return [];
    const { caller, callee } = interaction;
    const others = syncInteractions(model.topology).filter(
      (other) => other.callee === callee && other.caller !== caller,
    );
    return others.map((other) => ({ subject: id, value: `other caller = ${other.caller}` }));
  },
};

export const customerWaits: Requirement = {
  name: 'customer-waits',
  text: 'a customer waits: for others the saga or an event suffices',
  findUnmet: ({ id, interaction: { decision } }) =>
    unmetIf(decision.waits !== 'customer', id, `waits = ${decision.waits}`),
};

export const sagaWaits: Requirement = {
  name: 'saga-waits',
  text: 'the saga waits, because no person can wait until it ends',
  findUnmet: ({ id, interaction: { decision } }) => unmetIf(decision.waits !== 'saga', id, `waits = ${decision.waits}`),
};

export const eventualIsEnough: Requirement = {
  name: 'eventual-is-enough',
  text: 'eventual consistency is enough: the work may end after the answer',
  findUnmet: ({ id, interaction: { decision } }) =>
    unmetIf(decision.consistency !== 'eventual', id, `consistency = ${decision.consistency}`),
};

export const shortBudget: Requirement = {
  name: 'short-budget',
  text: 'its latency budget is less than a second: a caller that can wait longer needs no pending',
  findUnmet: ({ id, interaction: { decision } }) =>
    unmetIf(decision.latencyBudgetMs >= SUB_SECOND_MS, id, `latencyBudgetMs = ${decision.latencyBudgetMs}`),
};

export const sagaCompletes: Requirement = {
  name: 'saga-completes',
  text: 'a step of saga.ts calls the same service and so completes pending orders',
  findUnmet: ({ id, interaction, model: { saga } }) => {
    if (interaction.style === 'async') return [];
    const { caller, callee } = interaction;
    const completes = saga && sagaCalls(saga).some((call) => call.callee === callee && call.caller !== caller);
    return unmetIf(!completes, id, `callee = ${callee}`);
  },
};

export const callsAreByKey: Requirement = {
  name: 'calls-are-by-key',
  text: 'each call carries an idempotency key, because it is retried until it ends',
  findUnmet: ({ interaction, model: { policies } }) =>
    rpcsOf(interaction).flatMap(({ dependency, id, name }) => {
      // A missing policy is reported by the coverage rule of the analysis.
      const idempotency = policies[dependency]?.rpcs[name]?.idempotency ?? 'by-key';
      return unmetIf(idempotency !== 'by-key', id, `idempotency = ${idempotency}`);
    }),
};

export const callsAreSagaSteps: Requirement = {
  name: 'calls-are-saga-steps',
  text: 'a step of saga.ts makes the call or is compensated by it',
  findUnmet: ({ interaction, model: { saga } }) => {
    const known = new Set((saga ? sagaCalls(saga) : []).map((call) => `${dependencyId(call)}.${call.rpc}`));
    return rpcsOf(interaction).flatMap(({ id, name }) => unmetIf(!known.has(id), id, `rpc = ${name}`));
  },
};

export const hasDeadLetters: Requirement = {
  name: 'has-dead-letters',
  text: 'each consumer has a topic `<consumer>.dlq` for what it cannot process',
  findUnmet: ({ id, interaction, model: { topology } }) => {
    if (interaction.style === 'sync') return [];
    const without = interaction.consumers.filter((name) => !Object.hasOwn(topology.topics, `${name}.dlq`));
    return without.map((name) => ({ subject: id, value: `consumer = ${name}` }));
  },
};

function unmetIf(broken: boolean, dependency: string, value: string): Unmet[] {
  return broken ? [{ subject: dependency, value }] : [];
}

function isPartner(interaction: Use['interaction'], { topology }: Model): boolean {
  return interaction.style === 'sync' && topology.services[interaction.callee]?.external !== undefined;
}

function calleeOf(interaction: Use['interaction']): string {
  return interaction.style === 'sync' ? `callee = ${interaction.callee}` : `topic = ${interaction.topic}`;
}

function rpcsOf(interaction: Use['interaction']): { dependency: string; id: string; name: string }[] {
  if (interaction.style === 'async') return [];
  const dependency = dependencyId(interaction);
  return Object.keys(interaction.rpcs).map((name) => ({ dependency, id: `${dependency}.${name}`, name }));
}
