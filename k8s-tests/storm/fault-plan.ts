import { type Random, seededRandom } from '../harness/random.ts';
import type { FaultTarget, LinkTarget, ProcessTarget } from './fault-targets.ts';
import type { DependencyState } from './states/state.ts';

/** A fault of a target and its time, in ms from the start of the run. */
export type PlannedFault =
  | { readonly kind: 'kill'; readonly target: ProcessTarget; readonly atMs: number }
  | { readonly kind: 'freeze'; readonly target: ProcessTarget; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'state'; readonly target: DependencyState; readonly atMs: number; readonly forMs: number }
  | {
      readonly kind: 'cut';
      readonly target: LinkTarget;
      readonly direction: Direction;
      readonly atMs: number;
      readonly forMs: number;
    };

/** The dropped packets: from the caller, to the caller, or both. */
type Direction = 'there' | 'back' | 'both';

export interface PlanOptions {
  readonly seed: number;
  readonly faults: number;
  readonly durationMs: number;
  /** The duration of a freeze or cut. */
  readonly faultMs: number;
  readonly targets: readonly FaultTarget[];
}

/** The pause after a fault of a target, because it must have recovered before the next one. */
const recoveryMs = 20_000;
/** The kubelet delays each restart of a container longer than the last, and resets the delay after ten minutes. */
const killsRememberedMs = 600_000;
const maxKillsRemembered = 2;

/** A draft may run out of free targets. Another draft with the same seed may then succeed. */
const maxDrafts = 1_000;

/**
 * Plans faults at random times in equal slots. All of them end before the run does. The families of targets take turns.
 * A target has one fault at a time, while faults of different targets may overlap.
 * @throws RangeError if there are too few targets for this number of faults
 */
export function planFaults(options: PlanOptions): readonly PlannedFault[] {
  const random = seededRandom(options.seed);
  const families = new Set(options.targets.map(({ family }) => family)).size;
  for (let drafts = 0; drafts < maxDrafts; drafts++) {
    const plan = draft(options, random);
    const struck = new Set(plan.map(({ target }) => target.family)).size;
    if (plan.length === options.faults && struck >= Math.min(families, options.faults)) return plan;
  }
  const seconds = options.durationMs / 1_000;
  throw new RangeError(
    `${options.faults} faults in ${seconds} s leave no target free: use fewer faults or a longer duration`,
  );
}

/** Returns a shorter plan if no target is free. */
function draft({ faults, durationMs, faultMs, targets }: PlanOptions, random: Random): readonly PlannedFault[] {
  const slotMs = Math.max(0, durationMs - faultMs) / Math.max(1, faults);
  const planned: PlannedFault[] = [];
  let families: string[] = [];
  for (let n = 0; n < faults; n++) {
    const atMs = Math.round((n + random.next()) * slotMs);
    const free = Map.groupBy(
      targets.filter((target) => isFree(target, atMs, planned)),
      ({ family }) => family as string,
    );
    if (!families.some((family) => free.has(family))) families = random.shuffle([...free.keys()]);
    const family = families.find((each) => free.has(each));
    const [first, ...others] = leastStruck(free.get(family ?? '') ?? [], planned);
    if (first === undefined) return planned;
    families = families.filter((each) => each !== family);
    planned.push(strike(random.pick([first, ...others]), atMs, faultMs, planned, random));
  }
  return planned;
}

/** Those that had the fewest faults, so that a long run leaves none out. */
function leastStruck(candidates: readonly FaultTarget[], planned: readonly PlannedFault[]): readonly FaultTarget[] {
  const struck = (target: FaultTarget): number => planned.filter((fault) => fault.target === target).length;
  const fewest = Math.min(...candidates.map(struck));
  return candidates.filter((target) => struck(target) === fewest);
}

function strike(
  target: FaultTarget,
  atMs: number,
  forMs: number,
  planned: readonly PlannedFault[],
  random: Random,
): PlannedFault {
  if (target.kind === 'state') return { kind: 'state', target, atMs, forMs };
  if (target.kind === 'link')
    return { kind: 'cut', target, direction: random.pick(['there', 'back', 'both']), atMs, forMs };
  // Kills and freezes alternate, because a part that survives one may not survive the other.
  const kills = planned.filter(({ kind }) => kind === 'kill').length;
  const freezes = planned.filter(({ kind }) => kind === 'freeze').length;
  const wanted = kills === freezes ? random.next() < 0.5 : kills < freezes;
  const kill = wanted && killsOf(target, atMs, planned) < maxKillsRemembered;
  return kill ? { kind: 'kill', target, atMs } : { kind: 'freeze', target, atMs, forMs };
}

export const endOf = (fault: PlannedFault): number => fault.atMs + (fault.kind === 'kill' ? 0 : fault.forMs);

function isFree(target: FaultTarget, atMs: number, planned: readonly PlannedFault[]): boolean {
  return planned.every((fault) => !touches(fault.target, target) || endOf(fault) + recoveryMs <= atMs);
}

/**
 * The same probes restart a sidecar and its service in one pod, and a link has traffic only if both its ends run. One state
 * of a dependency would hide another, one that is being restarted can take on none, and a service that a state stops has
 * no other fault.
 */
function touches(one: FaultTarget, other: FaultTarget): boolean {
  if (one.kind === 'state') return strains(other, one);
  if (other.kind === 'state') return strains(one, other);
  if (one.kind === 'process' && other.kind === 'process')
    return one.namespace === other.namespace && one.labels === other.labels;
  return one.name === other.name || needs(one, other) || needs(other, one);
}

function strains(target: FaultTarget, { dependency, stops }: DependencyState): boolean {
  switch (target.kind) {
    case 'state':
      return target.dependency === dependency;
    case 'process':
      return target.family === dependency || target.labels === `app=${stops}`;
    case 'link':
      return stops !== undefined && target.needs.includes(stops);
  }
}

const needs = (one: FaultTarget, other: FaultTarget): boolean => one.kind === 'link' && one.needs.includes(other.name);

function killsOf(target: FaultTarget, atMs: number, planned: readonly PlannedFault[]): number {
  return planned.filter(
    (fault) => fault.target.name === target.name && fault.kind === 'kill' && atMs - fault.atMs < killsRememberedMs,
  ).length;
}
