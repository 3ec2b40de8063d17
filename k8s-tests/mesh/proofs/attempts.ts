import { afterAll, beforeAll, describe, expect } from 'vitest';
import { GATEWAY } from '../../../cdk8s/model/topology.ts';
import type { Admin, RequestCounts } from '../../harness/admin.ts';
import { callAs, targetOf } from '../../harness/caller.ts';
import type { CallRecord } from '../../harness/caller-program.ts';
import { type Cluster, openCluster } from '../../harness/cluster.ts';
import { withoutEjections } from './ejections.ts';
import { itMeasured } from './measured.ts';
import { type Probe, probesOf } from './probes.ts';
import { packRounds } from './rounds.ts';
import { adminOf, dependenciesOf, endpointsOf, type Select, type Source } from './source.ts';

/** The result of a probe. */
interface Observation {
  readonly record: CallRecord;
  readonly requests: number;
}

const measuringMs = 180_000;
/**
 * How far a duration measured at the caller may differ: by 15 %, plus what a busy machine needs for the call itself.
 */
const tolerance = { share: 0.15, ms: 50 };

/**
 * Proves at the callee that Envoy retries as often as the policy states, on the stated conditions and on no others, and
 * that slow attempts and calls time out when the policy says. Ejection is off meanwhile; breakers.ts proves it.
 */
export function describeAttempts(source: Source, select?: Select): void {
  const cluster = openCluster();
  const dependencies = dependenciesOf(source, select);
  const probes = dependencies.flatMap((dependency) =>
    dependency.rpcs.flatMap((call) => probesOf(dependency, call, endpointsOf(dependency, source))),
  );
  const observations = new Map<Probe, Observation>();

  beforeAll(() => observeAll(probes), measuringMs);
  afterAll(() => cluster.close());

  function observeAll(wanted: readonly Probe[]): Promise<void> {
    return withoutEjections(cluster, source, dependencies, async () => {
      for (const round of packRounds(wanted)) await observe(round);
    });
  }

  async function observe(round: readonly Probe[]): Promise<void> {
    const byCallee = [...Map.groupBy(round, ({ dependency }) => dependency.callee)];
    const byCaller = [...Map.groupBy(round, ({ dependency }) => dependency.caller)];
    await Promise.all(byCallee.map(([callee, ofCallee]) => setFaults(adminOf(cluster, source, callee), ofCallee)));
    const records = await Promise.all(
      byCaller.map(([caller, ofCaller]) => callEach(cluster, source, caller, ofCaller)),
    );
    const recordOf = new Map(records.flat());
    for (const [callee, ofCallee] of byCallee) {
      const admin = adminOf(cluster, source, callee);
      const counts = await admin.requestCounts();
      await admin.reset();
      for (const probe of ofCallee) {
        const record = recordOf.get(probe);
        if (record) observations.set(probe, { record, requests: countRequests(counts, probe, record) });
      }
    }
  }

  for (const dependency of dependencies) {
    describe(`${dependency.callee}, when called by ${dependency.caller}`, () => {
      for (const probe of probes.filter((one) => one.dependency === dependency)) {
        itMeasured(`${probe.call.name} ${probe.title}`, {
          measureAgain: () => observeAll([probe]),
          judge: () => compare(probe, observations.get(probe)),
          timeoutMs: measuringMs,
        });
      }
    });
  }
}

function compare(probe: Probe, observation: Observation | undefined): void {
  if (observation === undefined) throw new Error('not measured');
  const { record, requests } = observation;
  const said = `${record.status} ${record.message} after ${record.durationMs} ms and ${requests} requests`;
  expect(requests, said).toBeGreaterThanOrEqual(probe.requests.min);
  expect(requests, said).toBeLessThanOrEqual(probe.requests.max);
  expect(isAnswer(record) ? 'answered' : 'failed', said).toBe(probe.outcome);
  const durationMs = probe.durationMs?.(requests);
  if (durationMs === undefined) return;
  expect(record.durationMs, said).toBeGreaterThanOrEqual(durationMs.min * (1 - tolerance.share));
  expect(record.durationMs, said).toBeLessThanOrEqual(durationMs.max * (1 + tolerance.share) + tolerance.ms);
}

async function setFaults(admin: Admin, probes: readonly Probe[]): Promise<void> {
  await admin.reset();
  await admin.setFaults(...probes.map(({ call, fault }) => ({ match: call.rpc.path, ...fault })));
}

async function callEach(
  cluster: Cluster,
  { topology }: Source,
  caller: string,
  probes: readonly Probe[],
): Promise<[Probe, CallRecord][]> {
  const series = probes.map(({ dependency, call }) => ({ target: targetOf(dependency, call), count: 1 }));
  const all = await callAs(cluster, topology, caller, series);
  return probes.flatMap((probe, index) => (all[index] ?? []).map((record): [Probe, CallRecord] => [probe, record]));
}

/**
 * The gateway replaces the request id, and a failed response does not show the new one. There, all requests to the path
 * count.
 */
function countRequests(counts: RequestCounts, { dependency, call }: Probe, { requestId }: CallRecord): number {
  const ofPath = dependency.caller === GATEWAY ? counts.byMatch : counts.byRequestId[requestId];
  return ofPath?.[call.rpc.path] ?? 0;
}

/** Whether the final response comes from the callee's handler, whichever way that handler judges an empty request. */
function isAnswer({ status }: CallRecord): boolean {
  return ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'FAILED_PRECONDITION'].includes(status) || /^[1-4]\d\d$/.test(status);
}
