import fc from 'fast-check';
import { limitAmplification } from '../../analysis/amplification.ts';
import { buildCallGraph } from '../../analysis/call-graph.ts';
import { readEffectivePolicies } from '../../analysis/effective-policy.ts';
import { STATEMENT_TIMEOUT_MS } from '../../model/database.ts';
import { podsOf } from '../../model/dependencies.ts';
import type { Replicas } from '../../model/environment.ts';
import type { Model } from '../../model/model.ts';
import type { DependencyPolicy, RpcPolicy } from '../../model/policy.ts';
import type { Slo } from '../../model/slo.ts';
import { type Access, type AsyncInteraction, GATEWAY, ROLES, type SyncInteraction } from '../../model/topology.ts';
import { call, event, partner } from '../example.ts';
import { type Draw, label, number } from './draw.ts';
import { callableOf, drawMember, type Member, type Operation } from './draw-member.ts';
import { drawBreaker, drawRpcPolicy } from './draw-policy.ts';

/** A model and the pods of each environment that it must hold for. */
export interface RandomModel {
  readonly model: Model;
  readonly replicas: readonly Replicas[];
}

export interface SoundModelOptions {
  /** Put before each service's and topic's name, so that several models can exist side by side. @default nothing */
  readonly prefix?: string;
  /** The namespace of all services. @default any */
  readonly namespace?: string;
}

/** A caller and what it calls of a callee, before their policy is drawn. Without a caller it is the gateway. */
interface Calls {
  readonly caller: Member | undefined;
  readonly callee: Member;
  readonly operations: readonly Operation[];
}

interface DrawnDependency {
  readonly interaction: SyncInteraction;
  readonly policy: DependencyPolicy;
}

/**
 * Models that every rule accepts, made so step by step: services in a row, each calling only later ones, so that calls
 * end; rates from the first to the last, so that each call is made as often as those that lead to it; times from the
 * last to the first, so that each caller waits for as long as it must. Models that amplify too much are left out.
 */
export function soundModel(options: SoundModelOptions = {}): fc.Arbitrary<RandomModel> {
  return fc.gen().map((draw) => {
    // A filter would repeat the same draws forever.
    for (;;) {
      const random = drawModel((from) => draw(() => from), options);
      if (isWithinLimits(random.model)) return random;
    }
  });
}

function isWithinLimits({ topology, policies, limits }: Model): boolean {
  return limitAmplification(buildCallGraph(readEffectivePolicies(topology, policies, [])), limits).length === 0;
}

function drawModel(draw: Draw, options: SoundModelOptions): RandomModel {
  const { prefix = '', namespace = draw(label) } = options;
  const named = (name: string) => `${prefix}${name}`;
  const names = draw(fc.uniqueArray(label, { minLength: 2, maxLength: 6 })).map(named);
  const replicas = drawReplicas(draw, names);

  const members: Member[] = [];
  for (const [index, name] of names.toReversed().entries()) {
    members.unshift(drawMember(draw, { name, namespace, place: names.length - index, later: members }));
  }
  const dependencies = drawDependencies(draw, withRates(draw, drawCalls(draw, members)), replicas);
  const ours = members.filter(({ service }) => !service.external).map(({ name }) => name);
  const topics = draw(fc.uniqueArray(label, { maxLength: ours.length > 0 ? 3 : 0 })).map((name) => named(`${name}.v1`));
  const events = topics.map((topic) => drawEvent(draw, topic, ours));
  const deadLetters = new Set(events.flatMap(({ consumers }) => consumers.map((name) => `${name}.dlq`)));
  return {
    replicas,
    model: {
      topology: {
        services: Object.fromEntries(members.map(({ name, service }) => [name, service])),
        topics: Object.fromEntries(
          [...topics, ...deadLetters].map((name) => [
            name,
            {
              partitions: draw(number(1, 12)),
              retentionDays: draw(number(deadLetters.has(name) ? 14 : 1, 30)),
              segmentHours: draw(number(1, 24)),
            },
          ]),
        ),
        deduplicationDays: draw(number(32, 60)),
        recordRetentionDays: draw(number(91, 3_000)),
        interactions: [...dependencies.map(({ interaction }) => interaction), ...events],
      },
      policies: Object.fromEntries(
        dependencies.map(({ interaction, policy }) => [`${interaction.caller}->${interaction.callee}`, policy]),
      ),
      limits: { worstCaseCalls: 243, sustainedCalls: 5 },
    },
  };
}

function drawReplicas(draw: Draw, names: readonly string[]): Replicas[] {
  const pods = number(1, 5);
  return draw(fc.array(fc.record({ each: pods, some: fc.subarray([...names]) }), { minLength: 1, maxLength: 3 })).map(
    ({ each, some }) => ({ each, of: Object.fromEntries(some.map((name) => [name, draw(pods)])) }),
  );
}

/** Callers first. */
function drawCalls(draw: Draw, members: readonly Member[]): Calls[] {
  return [undefined, ...members].flatMap((caller) => {
    const later = members.slice(caller ? members.indexOf(caller) + 1 : 0);
    return callableOf(later).flatMap((callee) => {
      const needed = new Set(
        (caller?.operations ?? []).flatMap(({ calls }) => calls).map(({ operation }) => operation),
      );
      // Some calls have no incoming call as their cause: those of a worker, or of a user at the gateway.
      const alone = caller?.service.external || (!caller && callee.service.external) ? [] : callee.operations;
      const own = new Set(draw(fc.subarray([...alone])));
      const operations = callee.operations.filter((operation) => needed.has(operation) || own.has(operation));
      return operations.length > 0 ? [{ caller, callee, operations }] : [];
    });
  });
}

/** A call that no other one causes keeps the rate that was drawn for it. */
function withRates(draw: Draw, callersFirst: readonly Calls[]): Calls[] {
  const rates = new Map<Operation, number>();
  return callersFirst.map(({ caller, callee, operations }) => ({
    caller,
    callee,
    operations: operations.map((operation) => {
      const caused = (caller?.operations ?? [])
        .filter(({ calls }) => calls.some((call) => call.operation === operation))
        .reduce((sum, cause) => sum + (rates.get(cause) ?? 0), 0);
      const ratePerSecond =
        caused > 0 ? caused * draw(fc.double({ min: 1, max: 1.9, noNaN: true })) : operation.rpc.ratePerSecond;
      rates.set(operation, (rates.get(operation) ?? 0) + ratePerSecond);
      return { ...operation, rpc: { ...operation.rpc, ratePerSecond } };
    }),
  }));
}

/** Callers of the later services first, because a caller's times depend on those behind it. */
function drawDependencies(draw: Draw, callersFirst: readonly Calls[], replicas: readonly Replicas[]) {
  const timeouts = new Map<string, number>();
  return callersFirst
    .toReversed()
    .map(({ caller, callee, operations }) =>
      drawDependency(draw, caller?.name ?? GATEWAY, callee, operations, replicas, timeouts),
    )
    .toReversed();
}

function drawDependency(
  draw: Draw,
  caller: string,
  callee: Member,
  operations: readonly Operation[],
  replicas: readonly Replicas[],
  timeouts: Map<string, number>,
): DrawnDependency {
  const { name, service } = callee;
  const connectTimeoutMs = draw(service.external ? number(1_000, 1_500) : number(50, 500));
  const policies = operations.map((operation): [string, RpcPolicy] => {
    const ownMs = service.external || operation.idempotency === 'safe' ? 0 : STATEMENT_TIMEOUT_MS;
    const workMs = operation.calls.reduce(
      (sum, { callee: next, operation: { name: rpc } }) => sum + (timeouts.get(`${name}->${next.name}.${rpc}`) ?? 0),
      ownMs,
    );
    const policy = drawRpcPolicy(draw, operation, { service, workMs, connectTimeoutMs });
    timeouts.set(`${caller}->${name}.${operation.name}`, policy.timeoutMs);
    return [operation.name, policy];
  });
  const longestMs = Math.max(...policies.map(([, { timeoutMs }]) => timeoutMs));
  const podsIn = (pods: Replicas, of: string) => (service.external && of === name ? 1 : podsOf(of, pods));
  const endpoints = Math.min(...replicas.map((each) => podsIn(each, name)));
  const pairs = Math.max(...replicas.map((each) => podsIn(each, name) * podsIn(each, caller)));
  const rate = operations.reduce((sum, { rpc }) => sum + rpc.ratePerSecond, 0);
  const inFlight = Math.ceil((rate * longestMs) / 1_000);
  const maxRequests = draw(number(inFlight, 10_000));
  return {
    interaction: {
      style: 'sync',
      caller,
      callee: name,
      decision: {
        ...(service.external ? partner : call),
        latencyBudgetMs: longestMs + draw(number(0, 100)),
        availabilityPercent: draw(fc.double({ min: 94, max: 99.999, noNaN: true })),
      },
      rpcs: Object.fromEntries(
        operations.map(({ name: rpc, rpc: value }) => [
          rpc,
          caller === GATEWAY ? { ...value, slo: drawSlo(draw), access: drawAccess(draw, value.path) } : value,
        ]),
      ),
    },
    policy: {
      breaker: drawBreaker(draw, endpoints, rate / pairs),
      pool: {
        connectTimeoutMs,
        maxConnections: draw(number(inFlight, 10_000)),
        maxRequests,
        maxPendingRequests: draw(number(1, maxRequests)),
      },
      retryBudget: { percent: draw(number(1, 100)), minConcurrency: draw(number(1, 3)) },
      rpcs: Object.fromEntries(policies),
    },
  };
}

/** Every drawn policy has a timeout above 5 ms at the gateway, and every decision at least 94 %. */
function drawSlo(draw: Draw): Slo {
  return { availabilityPercent: 94, latency: { percent: draw(number(94, 99)), withinMs: 5 } };
}

function drawAccess(draw: Draw, path: string): Access {
  return path.includes('{') ? 'customer' : draw(fc.constantFrom('anyone', 'customer', ...ROLES));
}

function drawEvent(draw: Draw, topic: string, ours: readonly string[]): AsyncInteraction {
  return {
    style: 'async',
    producer: draw(fc.constantFrom(...ours)),
    topic,
    consumers: draw(fc.subarray([...ours])),
    decision: event,
    why: '',
  };
}
