import { INGRESS_ACCOUNT, MONITORING_ACCOUNT, type ServiceAccount } from '../../cdk8s/mesh/caller.ts';
import { PORTS, portOf } from '../../cdk8s/model/addresses.ts';
import { methodOf, syncInteractions } from '../../cdk8s/model/interactions.ts';
import type { Service, Topology } from '../../cdk8s/model/topology.ts';
import type { Probe } from './probe-program.ts';

/**
 * A namespace of others in the mesh. Its accounts have the names of ours, and its one workload, of the same name, is in
 * no topology.
 */
export const ELSEWHERE = 'elsewhere';

/** One cell: who calls what, and what must happen. */
export interface Cell extends Omit<Probe, 'address'> {
  readonly callee: string;
  /** `open`: the application answers. `denied`: its proxy knows the caller and refuses. `closed`: no connection. */
  readonly expected: 'open' | 'denied' | 'closed';
}

/** Credentials without an identity in the mesh: none, one of another authority, and no TLS at all. */
export const WITHOUT_IDENTITY = ['no certificate', 'another authority', 'plaintext'] as const;

/** The accounts that call: ours, the gateway's, monitoring's, and those elsewhere that have the names of these. */
export function accountsOf(topology: Topology): ReadonlyMap<string, ServiceAccount> {
  const ours = Object.entries(topology.services).map(([name, { namespace }]) => ({ namespace, name }));
  const known = [...ours, INGRESS_ACCOUNT, MONITORING_ACCOUNT];
  return new Map([...known, ...known.map(twinOf)].map((account) => [titleOf(account), account]));
}

/**
 * Every caller x callee x RPC x {its own identity, another service's, that of another namespace's account of the same
 * name, no certificate, one of another authority, plaintext}; and the same for metrics, admin ports and an RPC that the
 * callee does not have, and for a workload that the topology does not know. Each caller of an RPC also tries other methods and other spellings of its path. What is open
 * follows from the topology alone, without a look at the policies.
 */
export function serviceMatrix(topology: Topology): readonly Cell[] {
  const unknown = { callee: ELSEWHERE, protocol: 'http', method: 'GET', port: PORTS.http, path: '/' } as const;
  const ofServices = Object.entries(topology.services).flatMap(([callee, service]) =>
    service.external ? [] : [...rpcCells(callee, service, topology), ...portCells(callee, topology)],
  );
  return [...ofServices, ...byEveryone(unknown, [], topology)];
}

type Operation = Omit<Cell, 'credential' | 'expected'>;

function rpcCells(callee: string, service: Service, topology: Topology): Cell[] {
  if (service.serves === 'nothing') return [];
  const calls = syncInteractions(topology).filter((interaction) => interaction.callee === callee);
  const rpcs = calls.flatMap(({ caller, rpcs }) => Object.values(rpcs).map((rpc) => ({ caller, rpc })));
  const protocol = service.serves === 'grpc' ? 'grpc' : 'http';
  const at = { callee, protocol, port: portOf(callee, service) } as const;
  const ofEach = Object.values(Object.groupBy(rpcs, ({ rpc }) => `${methodOf(rpc)} ${rpc.path}`));
  return [
    ...ofEach.flatMap((same = []) => {
      const callers = same.map(({ caller }) => accountOf(caller, topology));
      const { rpc } = same[0] as (typeof same)[number];
      const [method, path] = [methodOf(rpc), rpc.path.replaceAll(/\{\w+\}/g, 'some')];
      const byCallers = (operation: Operation, expected: Cell['expected']) =>
        callers.map((account): Cell => ({ ...operation, credential: titleOf(account), expected }));
      return [
        ...byEveryone({ ...at, method, path }, callers, topology),
        // Dot segments and needlessly encoded letters are resolved before anyone looks at the path.
        ...sameAs(path).flatMap((same) => byCallers({ ...at, method, path: same }, 'open')),
        ...spellingsOf(path).flatMap((spelling) => byCallers({ ...at, method, path: spelling }, 'denied')),
        ...byCallers({ ...at, method: 'DELETE', path }, 'denied'),
      ];
    }),
    ...byEveryone({ ...at, method: 'POST', path: '/unknown.v1.Unknown/Unknown' }, [], topology),
  ];
}

/** The ports that every service has. They are in no Service, so proxies take what they get for TCP, and only close it. */
function portCells(callee: string, topology: Topology): Cell[] {
  const read = { callee, protocol: 'http', method: 'GET' } as const;
  return [
    ...byEveryone({ ...read, port: PORTS.metrics, path: '/metrics' }, [MONITORING_ACCOUNT], topology),
    ...byEveryone({ ...read, port: PORTS.admin, path: '/hits' }, [], topology),
  ].map((cell): Cell => (cell.expected === 'denied' ? { ...cell, expected: 'closed' } : cell));
}

function byEveryone(operation: Operation, openTo: readonly ServiceAccount[], topology: Topology): Cell[] {
  const isTwin = ({ namespace }: ServiceAccount) => namespace === ELSEWHERE;
  const callers = [...accountsOf(topology).values()].filter((account) => !isTwin(account));
  return [
    ...[...callers, ...openTo.map(twinOf)].map((account): Cell => {
      const credential = titleOf(account);
      return { ...operation, credential, expected: openTo.map(titleOf).includes(credential) ? 'open' : 'denied' };
    }),
    ...WITHOUT_IDENTITY.map((credential): Cell => ({ ...operation, credential, expected: 'closed' })),
  ];
}

/** Other spellings of the same path. */
function sameAs(path: string): string[] {
  return [`/x/..${path}`, `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`];
}

/** Paths that a careless reader takes for the same. */
function spellingsOf(path: string): string[] {
  const withEncodedSlash = path.replace(/\/(?=[^/]*$)/, '%2f');
  return [`/${path}`, `${path}/`, path.toUpperCase(), withEncodedSlash];
}

function accountOf(caller: string, { services }: Topology): ServiceAccount {
  const service = services[caller];
  return service ? { namespace: service.namespace, name: caller } : INGRESS_ACCOUNT;
}

const titleOf = ({ namespace, name }: ServiceAccount) => `${namespace}/${name}`;
const twinOf = ({ name }: ServiceAccount): ServiceAccount => ({ namespace: ELSEWHERE, name });
