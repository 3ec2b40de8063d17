import { hostOf } from '../model/addresses.ts';
import { dependencyId, syncInteractions } from '../model/interactions.ts';
import type { Problem } from '../model/problem.ts';
import { GATEWAY, type Rpc, type Service, type Topology } from '../model/topology.ts';

interface Form {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly right: string;
}

/** A Kubernetes Service's name (RFC 1035), and with it a Deployment's, a label's and a DNS name's. */
const LABEL: Form = {
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  maxLength: 63,
  right: 'at most 63 lower-case letters, digits and hyphens, a letter first and no hyphen last',
};
/** A DNS name; the last part has a letter first, so that it is no address. */
export const HOST: Form = {
  pattern: /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  maxLength: 253,
  right: 'a full, lower-case DNS name, such as bank.example',
};
/** Kafka's limit, in the letters that a Kubernetes object's name may have. */
const TOPIC: Form = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  maxLength: 249,
  right: 'at most 249 lower-case letters, digits, hyphens and dots, a letter or digit at both ends of each part',
};
const RPC: Form = { pattern: /^[A-Z][A-Za-z0-9]*$/, maxLength: 63, right: 'letters and digits, a capital first' };
const GRPC_PATH: Form = {
  pattern: /^\/([A-Za-z]\w*\.)*[A-Za-z]\w*\/[A-Za-z]\w*$/,
  maxLength: 1024,
  right: 'a full gRPC method, /package.Service/Method',
};
/** Only what needs no escaping, in a path or in the regular expression that a path with `{id}` becomes. */
const HTTP_PATH: Form = {
  pattern: /^(\/(?!\.\.?(\/|$))([A-Za-z0-9._~-]+|\{[A-Za-z]\w*\}))+$/,
  maxLength: 1024,
  right:
    'a path such as /v1/orders/{id}: letters, digits and -._~, {names} that are a whole segment, and no . or .. alone',
};

/** The name of a database is part of the names of roles, Secrets and volumes. */
const DATABASE: Form = { ...LABEL, maxLength: 45, right: LABEL.right.replace('63', '45') };

/**
 * Names of resources that belong to no service or to two. A service's own name must not look like one of them. Every pod
 * without an account has the account `default`. The groups of operators' commands are reader-… and …-rebuild-….
 */
const RESERVED = /-from-|-gateway$|^(default|default-deny|commands|operators)$|^(events|reader)-|-rebuild-/;
/** Namespaces of Kubernetes and of the platform: our policies would hold for pods that are not ours. */
const RESERVED_NAMESPACE = /^(default|kube-.+|istio-system|postgres|observability)$/;
/** Postgres' own, and names that would be read as those of another role or Secret. */
const RESERVED_DATABASE = /^(postgres|template[01]|roles|monitoring)$|-migrator$/;

/** Every name and path has the form that Kubernetes, Istio, Kafka or gRPC requires. */
export function namesValid({ services, topics, interactions }: Topology): Problem[] {
  return [
    ...Object.entries(services).flatMap(([name, service]) => checkService(name, service)),
    ...Object.keys(topics).flatMap((name) => check(name, 'topic', name, TOPIC)),
    ...interactions.flatMap((interaction) => {
      if (interaction.style === 'async') return [];
      const serves = Object.hasOwn(services, interaction.callee) ? services[interaction.callee]?.serves : undefined;
      return Object.entries(interaction.rpcs).flatMap(([name, rpc]) => {
        const dependency = `${dependencyId(interaction)}.${name}`;
        return [...check(dependency, 'RPC', name, RPC), ...checkRoute(dependency, rpc, serves)];
      });
    }),
  ];
}

function checkService(name: string, { namespace, database, serves, external }: Service): Problem[] {
  return [
    ...check(name, 'service', name, LABEL),
    ...((serves === 'https') === (external !== undefined)
      ? []
      : [problem(name, 'serves', serves, 'https for a service that states `external`, and only for such a service')]),
    ...(name === GATEWAY || RESERVED.test(name)
      ? [
          problem(
            name,
            'service',
            name,
            `any but ${GATEWAY}, default, default-deny, commands, operators, events-…, reader-…, …-gateway, …-from-… and ` +
              '…-rebuild-…, which other resources are called',
          ),
        ]
      : []),
    ...check(name, 'namespace', namespace, LABEL),
    ...(RESERVED_NAMESPACE.test(namespace ?? '')
      ? [problem(name, 'namespace', namespace, 'one for services only, and not one of Kubernetes or of the platform')]
      : []),
    ...check(name, 'database', database, DATABASE),
    ...(RESERVED_DATABASE.test(database ?? '')
      ? [
          problem(
            name,
            'database',
            database,
            'any but postgres, template0, template1, roles, monitoring and …-migrator',
          ),
        ]
      : []),
    ...(external
      ? [...check(name, 'external.host', external.host, HOST), ...check(name, 'external.ca', external.ca, LABEL)]
      : []),
  ];
}

function checkRoute(dependency: string, { path, method }: Rpc, serves: Service['serves'] | undefined): Problem[] {
  if (serves === 'grpc') {
    const noMethod = method ? [problem(dependency, 'method', method, 'none: a gRPC call is always a POST')] : [];
    return [...check(dependency, 'path', path, GRPC_PATH), ...noMethod];
  }
  if (serves === undefined || serves === 'nothing') return [];
  const stated = method ? [] : [problem(dependency, 'method', 'none', 'GET or POST')];
  return [...check(dependency, 'path', path, HTTP_PATH), ...stated];
}

export function hasForm(text: string, { pattern, maxLength }: Form): boolean {
  return text.length <= maxLength && pattern.test(text);
}

function check(dependency: string, kind: string, name: string, form: Form): Problem[] {
  return hasForm(name, form) ? [] : [problem(dependency, kind, name, form.right)];
}

function problem(dependency: string, kind: string, name: string, right: string): Problem {
  return { subject: dependency, value: `${kind} = ${name}`, rule: 'names-valid', message: `use ${right}.` };
}

/**
 * One interaction for each caller and callee, one service for each host name: if there are two, the mesh obeys only
 * one.
 */
export function noDuplicates(topology: Topology): Problem[] {
  const dependencies = syncInteractions(topology).map((interaction) => ({
    subject: dependencyId(interaction),
    key: dependencyId(interaction),
  }));
  const hosts = Object.entries(topology.services).map(([name, service]) => ({
    subject: name,
    key: hostOf(name, service),
  }));
  return [
    ...findRepeated(dependencies).map(({ subject }) => ({
      subject,
      value: 'interactions = 2 or more',
      rule: 'no-duplicates',
      message: 'their policies would be one: put all RPCs into one interaction.',
    })),
    ...findRepeated(hosts).map(({ subject, key }) => ({
      subject,
      value: `host = ${key}`,
      rule: 'no-duplicates',
      message: 'another service has this host: state one service for it, with all its RPCs.',
    })),
  ];
}

function findRepeated<Item extends { readonly key: string }>(items: readonly Item[]): Item[] {
  const seen = new Set<string>();
  return items.filter(({ key }) => seen.size === seen.add(key).size);
}
