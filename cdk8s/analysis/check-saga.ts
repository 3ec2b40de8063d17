import { asyncInteractions, dependencyId, syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { isSameEvent, type Saga, type SagaStep, sagaCalls, sagaEvents } from '../model/saga-step.ts';

/** Checks saga.ts against topology.ts and policies.ts, and its steps against each other. */
export function checkSaga(model: Model): Problem[] {
  const { saga } = model;
  if (!saga) return [];
  return [
    ...servicesExist(saga, model),
    ...callsExistByKey(saga, model),
    ...topicsExist(saga, model),
    ...consumedIsPublished(saga),
    ...everyEffectHasCompensation(saga),
  ];
}

function servicesExist({ steps }: Saga, { topology: { services } }: Model): Problem[] {
  return steps.flatMap(({ name, by }) =>
    by
      .filter((service) => !Object.hasOwn(services, service))
      .map((service) => problem(name, `by = ${service}`, 'names-exist', 'topology.ts has no such service.')),
  );
}

function callsExistByKey(saga: Saga, { topology, policies }: Model): Problem[] {
  const dependencies = new Map(
    syncInteractions(topology).map((interaction) => [dependencyId(interaction), interaction]),
  );
  return sagaCalls(saga).flatMap((call) => {
    const dependency = dependencyId(call);
    const value = `rpc = ${dependency}.${call.rpc}`;
    const interaction = dependencies.get(dependency);
    if (!interaction?.rpcs[call.rpc])
      return [problem(call.step, value, 'calls-exist', 'topology.ts has no such call.')];
    const { idempotency = 'by-key' } = policies[dependency]?.rpcs[call.rpc] ?? {};
    // The catalogue requires the same of the tactic saga-step.
    if (idempotency === 'by-key' || interaction.decision.tactic === 'saga-step') return [];
    const message = `its policy says idempotency = ${idempotency}, but the saga repeats a call whose outcome is unknown: only a key makes that safe.`;
    return [problem(call.step, value, 'calls-are-by-key', message)];
  });
}

function topicsExist({ steps }: Saga, { topology }: Model): Problem[] {
  return steps.flatMap(({ name, by, does, compensation, events }) => {
    const consumed = does.kind === 'consumes' ? [does.event] : [];
    const compensated = compensation.kind === 'call' ? [compensation.event] : [];
    const unknown = [...events, ...compensated, ...consumed].filter(
      ({ topic }) => !Object.hasOwn(topology.topics, topic),
    );
    const consumers = asyncInteractions(topology).filter(({ topic }) =>
      consumed.some((event) => event.topic === topic),
    );
    const deaf = by
      .filter((service) => consumed.length > 0 && Object.hasOwn(topology.services, service))
      .filter((service) => !consumers.some((interaction) => interaction.consumers.includes(service)));
    return [
      ...unknown.map(({ topic, type }) =>
        problem(name, `event = ${type}`, 'names-exist', `topology.ts has no topic ${topic}.`),
      ),
      ...deaf.map((service) =>
        problem(
          name,
          `by = ${service}`,
          'consumes-its-event',
          'topology.ts has no interaction in which it consumes this event.',
        ),
      ),
    ];
  });
}

/** A step would wait forever for an event that no earlier step publishes. */
function consumedIsPublished({ steps }: Saga): Problem[] {
  return steps.flatMap(({ name, does }, index) => {
    if (does.kind !== 'consumes') return [];
    const { event } = does;
    const before = sagaEvents({ steps: steps.slice(0, index) });
    if (before.some((one) => isSameEvent(one, event))) return [];
    return [problem(name, `event = ${event.type}`, 'consumed-is-published', 'no earlier step publishes this event.')];
  });
}

/**
 * A failed saga compensates every effect before the failure. Only the last effect needs none, because nothing fails
 * after it.
 */
function everyEffectHasCompensation({ steps }: Saga): Problem[] {
  const lastEffect = steps.findLastIndex(hasEffect);
  const twice = steps.filter(({ name }, index) => steps.findIndex((step) => step.name === name) !== index);
  return [
    ...twice.map(({ name }) => problem(name, `name = ${name}`, 'steps-differ', 'two steps have this name.')),
    ...steps.flatMap((step, index) => {
      const { name, compensation } = step;
      const value = `compensation = ${compensation.kind}`;
      const reject = (message: string) => [problem(name, value, 'effects-are-compensated', message)];
      if (compensation.kind === 'none-needed' && hasEffect(step))
        return reject('other services see its effect: state the call that compensates it.');
      if (compensation.kind === 'retried-until-done' && index !== lastEffect)
        return reject('only the last step with an effect: a failure after it could not be compensated.');
      return [];
    }),
  ];
}

/** An effect outside the database of the service that carries the step out. */
function hasEffect({ does }: SagaStep): boolean {
  return does.kind === 'calls' || does.kind === 'consumes';
}

function problem(step: string, value: string, rule: string, message: string): Problem {
  return { subject: `saga.${step}`, value, rule, message };
}
