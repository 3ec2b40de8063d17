import { asyncInteractions, syncInteractions } from '../model/dependencies.ts';
import type { Model, Topology } from '../model/model.ts';
import { isSameEvent, type Saga, type SagaStep, sagaEvents } from '../model/saga-step.ts';
import { code, formatMs, joinBlocks, table } from './markdown.ts';

/** docs/saga.md: steps, compensations and events, and the rules that they follow. */
export function writeSaga(saga: Saga, model: Model): string {
  return joinBlocks([
    '# The saga of an order',
    'Written by `make decisions` from [saga.ts](../cdk8s/saga.ts), [topology.ts](../cdk8s/topology.ts) and [policies.ts](../cdk8s/policies.ts); edit those. `make synth` refuses a call that does not exist or carries no key, and an effect without a way back.',
    table(
      ['step', 'who', 'call', 'undone by', 'event', 'note'],
      saga.steps.map((step) => rowOf(step, model)),
    ),
    '## The way back',
    'Compensations run in reverse order, each retried until it succeeds; only then is the order cancelled. A compensation that stands twice on the way is made once, where it stands last: it undoes both steps, and its key is the same.',
    table(['when this fails for good', 'then, in this order'], writeWaysBack(saga)),
    '## Unknown outcomes',
    '`UNAVAILABLE` and `DEADLINE_EXCEEDED` say nothing about what happened: the call may have been done, or still be under way. So no step is taken for failed, and nothing is compensated, on such an answer. The step is tried again, always with the same idempotency key, until its answer is known: the called service answers what it has recorded under the key. Only an answer such as declined or out of stock is a failure for good.',
    '## Events',
    'An event is stored in the transaction that it reports, and published from there at least once; consumers drop what they have seen.',
    table(['topic', 'events', 'published by', 'read by'], writeTopics(saga, model.topology)),
  ]);
}

function rowOf(step: SagaStep, model: Model): string[] {
  const { name, events, note } = step;
  const known = events.map(({ type }) => code(type));
  return [name, whoOf(step, model), workOf(step, model), undoOf(step), known.join(', '), note];
}

/** The first has its policy's time, then it is the next one's turn. */
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

function undoOf({ undo }: SagaStep): string {
  if (undo.kind === 'call') return `${code(undo.rpc)}, ${code(undo.event.type)}`;
  return undo.kind === 'retried-until-done' ? '– (retried until done)' : '–';
}

function writeWaysBack({ steps }: Saga): string[][] {
  return steps.flatMap((step, index) => {
    if (step.does.kind !== 'calls' && step.does.kind !== 'consumes') return [];
    const ahead = steps.slice(0, index);
    const calls = ahead.flatMap(({ undo }) => (undo.kind === 'call' ? [`${code(undo.rpc)} by ${undo.caller}`] : []));
    // A set keeps the first of two, which on the way back is the last.
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
