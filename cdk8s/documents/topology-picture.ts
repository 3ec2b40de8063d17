import { type Edge, type Graph, instance, type Node, type Subgraph } from '@viz-js/viz';
import { asyncInteractions, syncInteractions } from '../model/interactions.ts';
import {
  type AsyncInteraction,
  GATEWAY,
  type Service,
  type SyncInteraction,
  type Topology,
} from '../model/topology.ts';
import { formatMs } from './markdown.ts';

const font = { fontname: 'Helvetica,Arial,sans-serif' };
const colors = { call: '#1f4e8c', event: '#b45309', frame: '#94a3b8', text: '#334155' };

/**
 * The topology as SVG: a solid arrow for each dependency with its RPCs and the time that it has, a dashed one for each
 * producer and consumer of a topic, a frame for each namespace. The same topology always gives the same bytes.
 */
export async function drawTopology(topology: Topology): Promise<string> {
  const viz = await instance();
  const svg = viz.renderString(toGraph(topology), { format: 'svg' });
  // Without Graphviz's preamble, whose comments name its version.
  return `${svg.slice(svg.indexOf('<svg')).trimEnd()}\n`;
}

function toGraph(topology: Topology): Graph {
  const services = Object.entries(topology.services);
  const callers = new Set(syncInteractions(topology).map(({ caller }) => caller));
  const namespaces = Map.groupBy(services, ([, { namespace }]) => namespace);
  return {
    graphAttributes: { rankdir: 'LR', newrank: true, bgcolor: 'white', nodesep: 0.3, ranksep: 0.7, ...font },
    // Readers' fonts are wider than Graphviz assumes.
    nodeAttributes: { shape: 'box', style: 'rounded,filled', margin: '0.28,0.08', color: colors.text, ...font },
    edgeAttributes: { fontsize: 10, ...font },
    nodes: [
      { name: 'client', attributes: { label: 'client', fillcolor: 'white' } },
      { name: GATEWAY, attributes: { label: 'Istio gateway', fillcolor: '#e0ecff' } },
    ],
    subgraphs: [...[...namespaces].map(([name, members]) => toNamespace(name, members)), toKafka(topology)],
    edges: [
      { tail: 'client', head: GATEWAY, attributes: { label: 'HTTP', color: colors.call } },
      ...syncInteractions(topology).map(toCall),
      ...toEvents(asyncInteractions(topology), callers),
    ],
  };
}

function toNamespace(namespace: string, members: readonly (readonly [string, Service])[]): Subgraph {
  return { name: `cluster_${namespace}`, graphAttributes: frame(namespace), nodes: members.map(toNode) };
}

function toNode([name, { database, external }]: readonly [string, Service]): Node {
  const kind = external ? 'outside the mesh' : `database ${database}`;
  return { name, attributes: { label: `${name}\n${kind}`, fillcolor: external ? '#f1f5f9' : '#e0ecff' } };
}

/** The topics that services publish; each group's dead letters are left out. */
function toKafka(topology: Topology): Subgraph {
  const topics = [...new Set(asyncInteractions(topology).map(({ topic }) => topic))];
  const attributes = { shape: 'cylinder', style: 'filled', fillcolor: '#fef3c7', color: colors.event, fontsize: 11 };
  return {
    name: 'cluster_kafka',
    graphAttributes: frame('Kafka'),
    nodes: topics.map((name) => ({ name, attributes: { label: name, ...attributes } })),
  };
}

function frame(label: string) {
  return { label, labeljust: 'l', style: 'rounded', color: colors.frame, fontcolor: colors.text, fontsize: 12 };
}

function toCall({ caller, callee, rpcs, decision }: SyncInteraction): Edge {
  const label = [...Object.keys(rpcs), `within ${formatMs(decision.latencyBudgetMs)}`].join('\n');
  return { tail: caller, head: callee, attributes: { label, color: colors.call, fontcolor: colors.call } };
}

/**
 * One arrow for each producer of a topic and one for each consumer. An arrow that leads back to a service which calls
 * others does not move that service to the right of the topic.
 */
function toEvents(interactions: readonly AsyncInteraction[], callers: ReadonlySet<string>): Edge[] {
  const attributes = { style: 'dashed', color: colors.event };
  const edges = interactions.flatMap(({ producer, topic, consumers }): Edge[] => [
    { tail: producer, head: topic, attributes },
    ...consumers.map((consumer) => {
      const constraint = !callers.has(consumer);
      return { tail: topic, head: consumer, attributes: { ...attributes, constraint } };
    }),
  ]);
  return [...new Map(edges.map((edge) => [`${edge.tail} ${edge.head}`, edge])).values()];
}
