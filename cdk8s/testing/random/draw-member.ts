import fc from 'fast-check';
import type { RpcPolicy } from '../../model/policy.ts';
import type { Rpc, Service } from '../../model/topology.ts';
import { type Draw, label, rpcName } from './draw.ts';

/** What a callee does on one of its RPCs, for every caller. */
export interface Operation {
  readonly name: string;
  readonly rpc: Rpc;
  readonly idempotency: RpcPolicy['idempotency'];
  readonly calls: readonly DrawnCall[];
}

interface DrawnCall {
  readonly callee: Member;
  readonly operation: Operation;
}

/** A service and its RPCs. */
export interface Member {
  readonly name: string;
  readonly service: Service;
  readonly operations: readonly Operation[];
}

interface Place {
  readonly name: string;
  readonly namespace: string;
  /** The member's index. Its paths contain the index, so no two members have the same path. */
  readonly place: number;
  /** The members that it may call. */
  readonly later: readonly Member[];
}

/** Any service: HTTP, gRPC, serving nothing, or a partner, whose RPCs call no service and always have a key. */
export function drawMember(draw: Draw, { name, namespace, place, later }: Place): Member {
  const service = drawService(draw, name, namespace);
  const { serves } = service;
  const isPartner = serves === 'https';
  if (serves === 'nothing') return { name, service, operations: [] };
  const targets = isPartner
    ? []
    : callableOf(later).flatMap((callee) => callee.operations.map((operation) => ({ callee, operation })));
  const operations = draw(fc.uniqueArray(rpcName, { minLength: 1, maxLength: 3 })).map((rpc): Operation => {
    const calls = draw(fc.subarray(targets, { maxLength: Math.min(targets.length, 3) }));
    const mayBeSafe = calls.every(({ operation }) => operation.idempotency === 'safe');
    const idempotencies = (['safe', 'by-key', 'none'] as const).filter(
      // Calls that must not run twice wait for everything behind them: too long, if that waits as well.
      (each) => (each !== 'safe' || mayBeSafe) && (each !== 'none' || (!isPartner && calls.length === 0)),
    );
    const idempotency = draw(fc.constantFrom(...idempotencies));
    const route = {
      ...(serves === 'grpc' ? { path: `/s${place}.v1.S/${rpc}` } : drawRoute(draw, `/s${place}/${rpc}`, idempotency)),
      calls: calls.map(({ callee, operation }) => `${callee.name}.${operation.name}`),
      ratePerSecond: draw(fc.double({ min: 0.5, max: 20, noNaN: true })),
      why: '',
    };
    return { name: rpc, rpc: route, idempotency, calls };
  });
  return { name, service, operations };
}

/** A partner has one adapter: the service right before it. */
export function callableOf(later: readonly Member[]): Member[] {
  return later.filter(({ service }, index) => index === 0 || !service.external);
}

function drawService(draw: Draw, name: string, namespace: string): Service {
  const shared = { namespace, database: draw(label), why: draw(fc.string()) };
  const serves = draw(fc.constantFrom('http', 'http', 'grpc', 'grpc', 'https', 'nothing'));
  if (serves !== 'https') return { ...shared, serves };
  return { ...shared, serves, external: { host: `${name}.${draw(label)}.example`, ca: draw(label) } };
}

function drawRoute(draw: Draw, path: string, idempotency: RpcPolicy['idempotency']): Pick<Rpc, 'path' | 'method'> {
  return {
    path: draw(fc.constantFrom(path, `${path}/{id}`, `${path}/{id}/of.it`)),
    method: idempotency === 'safe' ? draw(fc.constantFrom('GET', 'POST')) : 'POST',
  };
}
