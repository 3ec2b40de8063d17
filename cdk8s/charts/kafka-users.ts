import { asyncInteractions, usesKafka } from '../model/interactions.ts';
import type { Topology } from '../model/topology.ts';
import { OPERATORS_USER } from './platform.ts';

/** Operations on one topic or consumer group, or with `prefix` on all whose names begin with its name. */
export interface AclRule {
  readonly resource: {
    readonly type: 'topic' | 'group';
    readonly name: string;
    readonly patternType: 'literal' | 'prefix';
  };
  readonly operations: readonly ('Read' | 'Write' | 'Describe' | 'Delete')[];
}

/** A principal of Kafka and all that it may do. */
export interface NamedUser {
  readonly name: string;
  readonly acls: readonly AclRule[];
}

/** The groups in which operators' commands read topics: `reader-…` and `<service>-rebuild-…`. They delete them. */
const READER_GROUPS = 'reader-';
const rebuildGroups = (service: string): string => `${service}-rebuild-`;

/**
 * Who may do what in Kafka: each service that uses it, named like the service, and the operators. Only a topic's
 * producer can write into it, and operators, who return dead-letter messages to it. No one may create, change or delete
 * a topic: that is Strimzi's part.
 */
export function kafkaUsers(topology: Topology): NamedUser[] {
  const services = Object.keys(topology.services).filter((name) => usesKafka(name, topology));
  return [
    ...services.map((name) => ({ name, acls: aclsOf(name, topology) })),
    { name: OPERATORS_USER, acls: aclsOfOperators(topology) },
  ];
}

function aclsOf(service: string, topology: Topology): AclRule[] {
  const interactions = asyncInteractions(topology);
  const produced = new Set(interactions.filter(({ producer }) => producer === service).map(({ topic }) => topic));
  const consumed = new Set(
    interactions.filter(({ consumers }) => consumers.includes(service)).map(({ topic }) => topic),
  );
  const deadLetters = `${service}.dlq`;
  const written = [...produced, ...(Object.hasOwn(topology.topics, deadLetters) ? [deadLetters] : [])];
  return [
    // A relay compares the ends of its topics with those that it noted: Describe.
    ...written.map((name) => allow('topic', name, ['Write', 'Describe'])),
    ...[...consumed].map((name) => allow('topic', name, ['Read', 'Describe'])),
    ...(consumed.size > 0 ? [allow('group', service, ['Read'])] : []),
  ];
}

function aclsOfOperators(topology: Topology): AclRule[] {
  const consumers = [...new Set(asyncInteractions(topology).flatMap(({ consumers }) => consumers))];
  return [
    ...Object.keys(topology.topics).map((name) => allow('topic', name, ['Read', 'Write', 'Describe'])),
    ...[READER_GROUPS, ...consumers.map(rebuildGroups)].map((prefix) =>
      allow('group', prefix, ['Read', 'Describe', 'Delete'], 'prefix'),
    ),
  ];
}

function allow(
  type: AclRule['resource']['type'],
  name: string,
  operations: AclRule['operations'],
  patternType: AclRule['resource']['patternType'] = 'literal',
): AclRule {
  return { resource: { type, name, patternType }, operations };
}
