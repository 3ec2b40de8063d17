import { type Random, seededRandom } from '../harness/random.ts';
import type { FaultTarget, LinkTarget, ProcessTarget } from './fault-targets.ts';

/** What happens to a target, and when, counted from the storm's start. */
export type PlannedFault =
  | { readonly kind: 'kill'; readonly target: ProcessTarget; readonly atMs: number }
  | { readonly kind: 'freeze'; readonly target: ProcessTarget; readonly atMs: number; readonly forMs: number }
  | {
      readonly kind: 'cut';
      readonly target: LinkTarget;
      readonly direction: Direction;
      readonly atMs: number;
      readonly forMs: number;
    };

/** Of the packets that are dropped: the caller's, those back to it, or both. */
type Direction = 'there' | 'back' | 'both';

export interface PlanOptions {
  readonly seed: number;
  readonly faults: number;
  readonly durationMs: number;
  /** Of a freeze and of a cut. */
  readonly faultMs: number;
  readonly targets: readonly FaultTarget[];
}

/** A target that was struck is left alone for so long after its fault: it has to be up again to be struck. */
const recoveryMs = 20_000;
/** The kubelet waits ever longer before it restarts a container that dies often; after ten minutes it forgets. */
const killsRememberedMs = 600_000;
const maxKillsRemembered = 2;

/** A draft may paint itself into a corner; another one of the same seed then does not. */
const maxDrafts = 1_000;

/**
 * Faults at even distances with some chance in them, the last one over when the storm is. Each family of targets is struck
 * in turn and no target twice at a time, while different ones overlap as it comes.
 * @throws RangeError if the targets are too few for so many faults in that time
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
  throw new RangeError(`${options.faults} faults in ${seconds} s leave no target free: ask for fewer, or for longer`);
}

/** Ends early where no target is free. */
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
    const [first, ...others] = free.get(family ?? '') ?? [];
    if (first === undefined) return planned;
    families = families.filter((each) => each !== family);
    planned.push(strike(random.pick([first, ...others]), atMs, faultMs, planned, random));
  }
  return planned;
}

function strike(
  target: FaultTarget,
  atMs: number,
  forMs: number,
  planned: readonly PlannedFault[],
  random: Random,
): PlannedFault {
  if (target.kind === 'link')
    return { kind: 'cut', target, direction: random.pick(['there', 'back', 'both']), atMs, forMs };
  // Dying and standing still in turn: what survives the one may not survive the other.
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

/** A sidecar and its service are restarted by the same probes, in the same pod; a link is of use only between the living. */
function touches(one: FaultTarget, other: FaultTarget): boolean {
  if (one.kind === 'process' && other.kind === 'process')
    return one.namespace === other.namespace && one.labels === other.labels;
  return one.name === other.name || needs(one, other) || needs(other, one);
}

const needs = (one: FaultTarget, other: FaultTarget): boolean => one.kind === 'link' && one.needs.includes(other.name);

function killsOf(target: FaultTarget, atMs: number, planned: readonly PlannedFault[]): number {
  return planned.filter(
    (fault) => fault.target.name === target.name && fault.kind === 'kill' && atMs - fault.atMs < killsRememberedMs,
  ).length;
}
