import type { Saga, SagaEvent, SagaStep } from '../decisions/saga-step.ts';
import { asyncInteractions, syncInteractions } from '../mesh/edges.ts';
import type { Model, Topology } from '../mesh/model.ts';
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
    `\\* not in topology.ts yet: the service, or whoever publishes the event. ${writePlanned(saga)}`,
    '## The way back',
    'Compensations run in reverse order, each retried until it succeeds; only then is the order cancelled. A compensation that stands twice on the way is made once: its key is the same.',
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
  const known = events.map((event) => mark(code(event.type), isPublished(event, model.topology)));
  return [name, whoOf(step, model), workOf(step, model), undoOf(step), known.join(', '), note];
}

/** The first has its policy's time, then it is the next one's turn. */
function whoOf({ by, does }: SagaStep, { topology, policies }: Model): string {
  const [first = '', ...others] = by.map((service) => mark(service, Object.hasOwn(topology.services, service)));
  if (does.kind !== 'calls' || others.length === 0) return first;
  const [callee = '', rpc = ''] = does.rpc.split('.');
  const timeoutMs = policies[`${by[0]}->${callee}`]?.rpcs[rpc]?.timeoutMs ?? 0;
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
  if (undo.kind === 'call') return code(undo.rpc);
  return undo.kind === 'retried-until-done' ? '– (retried until done)' : '–';
}

function writeWaysBack({ steps }: Saga): string[][] {
  return steps.flatMap((step, index) => {
    if (step.undo.kind === 'retried-until-done') return [[step.name, 'it does not: it is retried until it is done']];
    if (step.does.kind !== 'calls') return [];
    const back = steps.slice(0, index).toReversed();
    const calls = back.flatMap(({ undo }) => (undo.kind === 'call' ? [`${code(undo.rpc)} by ${undo.caller}`] : []));
    return [[step.name, [...new Set(calls)].join(', then ') || 'nothing: there is no effect yet']];
  });
}

function writeTopics({ steps }: Saga, topology: Topology): string[][] {
  const events = steps.flatMap((step) => [...(step.does.kind === 'consumes' ? [step.does.event] : []), ...step.events]);
  const byTopic = Object.entries(Object.groupBy(events, ({ topic }) => topic));
  return byTopic.map(([topic, of = []]) => {
    const interactions = asyncInteractions(topology).filter((interaction) => interaction.topic === topic);
    const producers = interactions.map(({ producer }) => producer);
    const consumers = interactions.flatMap((interaction) => interaction.consumers);
    const types = of.map(({ type }) => code(type));
    return [code(topic), types.join(', '), ...[producers, consumers].map((names) => names.join(', ') || '\\*')];
  });
}

function isPublished({ topic }: SagaEvent, topology: Topology): boolean {
  return asyncInteractions(topology).some((interaction) => interaction.topic === topic);
}

function mark(text: string, exists: boolean): string {
  return exists ? text : `${text} \\*`;
}

function writePlanned({ planned }: Saga): string {
  const services = Object.entries(planned).map(([service, what]) => `${service} ${what}`);
  return services.length === 0 ? '' : `Planned: ${services.join('; ')}.`;
}
