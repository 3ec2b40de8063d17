import { asyncInteractions, syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import { isSameEvent, type Saga, type SagaStep, sagaEvents } from '../model/saga-step.ts';
import type { Topology } from '../model/topology.ts';
import { code, formatMs, joinBlocks, table } from './markdown.ts';

/** docs/saga.md: steps, compensations and events, and the rules that they follow. */
export function writeSaga(saga: Saga, model: Model): string {
  return joinBlocks([
    '# The saga of an order',
    'Written by `make decisions` from [saga.ts](../cdk8s/saga.ts), [topology.ts](../cdk8s/topology.ts) and [policies.ts](../cdk8s/policies.ts); edit those. `make synth` rejects a call that does not exist or carries no key, and an effect without a compensation.',
    table(
      ['step', 'who', 'call', 'compensated by', 'event', 'note'],
      saga.steps.map((step) => rowOf(step, model)),
    ),
    '## Compensations',
    'Compensations run in reverse order, each retried until it succeeds; only then is the order cancelled. A compensation of two steps is called once, in the place of the later one: it reverses both, and its key is the same.',
    table(['when this fails permanently', 'then, in this order'], writeCompensations(saga)),
    '## Unknown outcomes',
    '`UNAVAILABLE` and `DEADLINE_EXCEEDED` say nothing about what happened: the call may have had its effect, or may still be under way. After such an answer the saga neither treats the step as failed nor compensates. It retries the step, always with the same idempotency key, until the answer is known: the callee returns the result that it recorded under the key. Only an answer such as declined or out of stock rejects a step.',
    '## Waiting for the shipment',
    'fulfillment can lose the event that an order is ready: its topic lost records, or its database was restored. So orders-worker asks again with a new event about an order that waits, a minute after its last change, then after two minutes, four, and so on, at most an hour. It does not ask while an event of the order is not published yet. fulfillment ships an order once, whatever it is asked, and reports its decision again. For an order that an operator cancels, orders-worker withdraws it again instead. None of this changes when an order counts as late.',
    '## Repeats',
    "If the database of a service behind orders was restored to an earlier point, `npm run saga -- repeat` tells it again: all events of the orders concerned are published again, with their ids, and orders-worker repeats the Reserve of a step that is done, or the Release of one that is compensated. Payments need nothing: the acquirer's ledger is the truth. [The runbook](runbook.md#a-database-was-restored-to-an-earlier-point) says when to use it.",
    '## Events',
    'An event is stored in the transaction that it reports, and published from there at least once. Consumers drop duplicates.',
    table(['topic', 'events', 'published by', 'read by'], writeTopics(saga, model.topology)),
  ]);
}

function rowOf(step: SagaStep, model: Model): string[] {
  const { name, events, note } = step;
  const known = events.map(({ type }) => code(type));
  return [name, whoOf(step, model), workOf(step, model), compensationOf(step), known.join(', '), note];
}

/** The first service has the time of its policy; after that the next one continues. */
function whoOf({ by, does }: SagaStep, { policies }: Model): string {
  const [first = '', ...others] = by;
  if (does.kind !== 'calls' || others.length === 0) return first;
  const [callee = '', rpc = ''] = does.rpc.split('.');
  const timeoutMs = policies[`${first}->${callee}`]?.rpcs[rpc]?.timeoutMs ?? 0;
  return [`${first} within ${formatMs(timeoutMs)}`, ...others].join(', else ');
}

function workOf({ does }: SagaStep, { topology }: Model): string {
  if (does.kind === 'own-work') return '–';
  if (does.kind === 'consumes') return `on ${code(does.event.type)}`;
  const [callee, name = ''] = does.rpc.split('.');
  const interaction = syncInteractions(topology).find(
    (each) => each.callee === callee && (does.kind === 'calls' || each.caller === does.caller),
  );
  const { method, path } = interaction?.rpcs[name] ?? {};
  return code(method ? `${method} ${path}` : does.rpc);
}

function compensationOf({ compensation }: SagaStep): string {
  if (compensation.kind === 'call') return `${code(compensation.rpc)}, ${code(compensation.event.type)}`;
  return compensation.kind === 'retried-until-done' ? '– (retried until done)' : '–';
}

function writeCompensations({ steps }: Saga): string[][] {
  return steps.flatMap((step, index) => {
    if (step.does.kind !== 'calls' && step.does.kind !== 'consumes') return [];
    const ahead = steps.slice(0, index);
    const calls = ahead.flatMap(({ compensation }) =>
      compensation.kind === 'call' ? [`${code(compensation.rpc)} by ${compensation.caller}`] : [],
    );
    // A set keeps the first of two, which is the last one of the compensations.
    const back = [...new Set(calls)].toReversed();
    return [[step.name, back.join(', then ') || 'nothing: there is no effect yet']];
  });
}

function writeTopics(saga: Saga, topology: Topology): string[][] {
  const all = sagaEvents(saga);
  const events = all.filter((event, index) => all.findIndex((other) => isSameEvent(other, event)) === index);
  const byTopic = Object.entries(Object.groupBy(events, ({ topic }) => topic));
  return byTopic.map(([topic, of = []]) => {
    const interactions = asyncInteractions(topology).filter((interaction) => interaction.topic === topic);
    const producers = interactions.map(({ producer }) => producer);
    const consumers = interactions.flatMap((interaction) => interaction.consumers);
    const types = of.map(({ type }) => code(type));
    return [
      code(topic),
      types.join(', '),
      ...[producers, consumers].map((names) => [...new Set(names)].join(', ') || '–'),
    ];
  });
}
