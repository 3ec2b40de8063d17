import { afterAll, beforeAll, describe, expect } from 'vitest';
import { sendAgain } from '../../../cdk8s/mesh/edge/problems.ts';
import type { Admin, RequestCounts } from '../../harness/admin.ts';
import { callAs, targetOf } from '../../harness/caller.ts';
import type { CallRecord } from '../../harness/caller-program.ts';
import { type Cluster, openCluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import { resetBreakers } from './ejections.ts';
import { itMeasured } from './measured.ts';
import { findSilence } from './silence.ts';
import { adminOf, dependenciesOf, endpointsOf, type Select, type Source } from './source.ts';
import { pickCalls, type Trial, trialsOf } from './trials.ts';

/**
 * The result of a trial: all calls in the order in which they started, and for each pod the calls that arrived there.
 */
interface Observation {
  readonly records: readonly CallRecord[];
  readonly arrivals: readonly (readonly CallRecord[])[];
}

const measuringMs = 600_000;
/** The time between two calls, plus what a busy machine needs for one call. */
const slackMs = 500;

/**
 * Proves that every breaker ejects an endpoint as its policy states and readmits it after its first ejection, each
 * endpoint on its own, and that failures below the limit eject none. All dependencies are tested at the same time.
 */
export function describeBreakers(source: Source, select?: Select): void {
  const cluster = openCluster();
  const dependencies = dependenciesOf(
    source,
    (dependency) => dependency.policy.breaker.kind !== 'none' && (select?.(dependency) ?? true),
  );
  const waves = pickCalls(dependencies).map((wave) =>
    wave.map(([dependency, call]) => trialsOf(dependency, call, endpointsOf(dependency, source))),
  );
  const observations = new Map<Trial, Observation>();

  beforeAll(async () => {
    for (const wave of waves) {
      const rounds = Math.max(...wave.map((trials) => trials.length));
      for (let n = 0; n < rounds; n++) await observe(wave.flatMap((trials) => trials[n] ?? []));
    }
  }, measuringMs);
  // Later tests must not find an endpoint ejected.
  afterAll(async () => {
    await resetBreakers(cluster, source, dependencies);
    cluster.close();
  });

  async function observe(trials: readonly Trial[]): Promise<void> {
    await resetBreakers(cluster, source, dependencies);
    const byCallee = [...Map.groupBy(trials, ({ dependency }) => dependency.callee)];
    await Promise.all(
      // On a busy machine a pod may be unready for a moment. That does no harm before the calls begin.
      byCallee.map(([callee, ofCallee]) => eventually(() => setFaults(adminOf(cluster, source, callee), ofCallee))),
    );
    const byCaller = [...Map.groupBy(trials, ({ dependency }) => dependency.caller)];
    const recordsOf = new Map(
      (await Promise.all(byCaller.map(([caller, ofCaller]) => callSteadily(cluster, source, caller, ofCaller)))).flat(),
    );
    for (const [callee, ofCallee] of byCallee) {
      const admin = adminOf(cluster, source, callee);
      const countsByPod = await admin.requestCountsByPod();
      await admin.reset();
      for (const trial of ofCallee) {
        const records = recordsOf.get(trial) ?? [];
        const arrivals = countsByPod.map((counts) => records.filter((record) => hasArrived(counts, trial, record)));
        observations.set(trial, { records, arrivals });
      }
    }
  }

  for (const dependency of dependencies) {
    describe(`the breaker of ${dependency.caller} for ${dependency.callee}`, () => {
      for (const trial of waves.flat(2).filter((one) => one.dependency === dependency)) {
        const endpoints = trial.faults.length === 1 ? 'one endpoint' : `${trial.faults.length} endpoints`;
        itMeasured(`with ${endpoints} ${trial.title}`, {
          measureAgain: () => observe([trial]),
          judge: () => judge(trial, observations.get(trial)),
          timeoutMs: measuringMs,
        });
      }
    });
  }
}

/** Refused by the caller's Envoy, because every endpoint is ejected. The gateway says so as a problem. */
const isRefused = ({ status, message }: CallRecord): boolean =>
  message.includes('no healthy upstream') || (status === '503' && message.includes(sendAgain));

function judge({ dependency, ejection, faults }: Trial, observation: Observation | undefined): void {
  const { breaker } = dependency.policy;
  if (observation === undefined || breaker.kind === 'none') throw new Error('not measured');
  const { records, arrivals } = observation;
  if (arrivals.length !== faults.length)
    throw new Error(`${arrivals.length} pods at the end, ${faults.length} at first`);
  const [failing = [], ...others] = arrivals;
  const refused = records.filter(isRefused);

  for (const other of ejection === undefined ? arrivals : others) {
    expect(other.length, 'calls that arrive').toBeGreaterThan(1);
    expect(findSilence(other, breaker.ejectionMs / 2), 'a pod below the limit is never ejected').toBeUndefined();
  }
  if (ejection === undefined || faults.length > 1) {
    expect(refused.length, 'calls refused because every endpoint is ejected').toBe(0);
  }
  if (ejection === undefined) return;

  const silence = findSilence(failing, breaker.ejectionMs / 2);
  const first = records[0];
  if (silence === undefined || first === undefined) {
    throw new Error(`never opened: ${failing.length} of ${records.length} calls arrived at the failing pod`);
  }
  if (ejection.afterCalls !== undefined) expect(silence.arrivalsBefore).toBe(ejection.afterCalls);
  expect(silence.fromMs - first.startedAtMs, 'ms until it opened').toBeLessThanOrEqual(ejection.withinMs + slackMs);
  const lastedMs = silence.toMs - silence.fromMs;
  expect(lastedMs, 'ms until calls arrived again').toBeGreaterThanOrEqual(ejection.lastsMs.min - slackMs);
  expect(lastedMs, 'ms until calls arrived again').toBeLessThanOrEqual(ejection.lastsMs.max + slackMs);
  if (faults.length > 1) return;
  const during = records.filter((one) => one.startedAtMs >= silence.fromMs && one.startedAtMs < silence.toMs);
  expect(
    during.filter((one) => !refused.includes(one)),
    'all calls meanwhile fail at once',
  ).toEqual([]);
}

async function setFaults(admin: Admin, trials: readonly Trial[]): Promise<void> {
  await admin.reset();
  const pods = Math.max(...trials.map(({ faults }) => faults.length));
  await admin.setFaultsByPod(
    Array.from({ length: pods }, (_, pod) =>
      trials.flatMap(({ call, faults }) => {
        const fault = faults[pod];
        return fault ? [{ match: call.rpc.path, ...fault }] : [];
      }),
    ),
  );
}

async function callSteadily(
  cluster: Cluster,
  { topology }: Source,
  caller: string,
  trials: readonly Trial[],
): Promise<[Trial, readonly CallRecord[]][]> {
  const series = trials.map(({ dependency, call, ratePerSecond, durationMs }) => ({
    target: targetOf(dependency, call),
    count: Math.ceil((ratePerSecond * durationMs) / 1_000),
    ratePerSecond,
  }));
  const all = await callAs(cluster, topology, caller, series);
  return trials.map((trial, index) => [trial, all[index] ?? []]);
}

function hasArrived(counts: RequestCounts, { call }: Trial, { requestId }: CallRecord): boolean {
  return (counts.byRequestId[requestId]?.[call.rpc.path] ?? 0) > 0;
}
