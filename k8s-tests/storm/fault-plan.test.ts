import { describe, expect, it } from 'vitest';
import { endOf, type PlannedFault, planFaults } from './fault-plan.ts';
import { targets } from './fault-targets.ts';

const twoMinutes = { faults: 8, durationMs: 120_000, faultMs: 30_000, targets } as const;
const hour = { faults: 240, durationMs: 3_600_000, faultMs: 30_000, targets } as const;
const seeds = Array.from({ length: 200 }, (_, n) => n * 7_919);

const overlap = (one: PlannedFault, other: PlannedFault) => one.atMs <= endOf(other) && other.atMs <= endOf(one);

describe('the plan of a run', () => {
  it('is the same for the same seed and differs for another seed', () => {
    expect(planFaults({ ...twoMinutes, seed: 5 })).toEqual(planFaults({ ...twoMinutes, seed: 5 }));
    expect(planFaults({ ...twoMinutes, seed: 5 })).not.toEqual(planFaults({ ...twoMinutes, seed: 6 }));
  });

  it('has the requested number of faults, which all end before the run', () => {
    for (const seed of seeds) {
      const plan = planFaults({ ...twoMinutes, seed });
      expect(plan).toHaveLength(8);
      expect(Math.max(...plan.map(endOf))).toBeLessThanOrEqual(120_000);
    }
  });

  it('has a fault of every family within two minutes', () => {
    const families = new Set(targets.map(({ family }) => family));
    const missed = seeds.filter((seed) => {
      const struck = new Set(planFaults({ ...twoMinutes, seed }).map(({ target }) => target.family));
      return struck.size < families.size;
    });
    expect(missed).toEqual([]);
  });

  it('kills, freezes, cuts and spoils a dependency within two minutes', () => {
    for (const seed of seeds) {
      const kinds = planFaults({ ...twoMinutes, seed }).map(({ kind }) => kind);
      expect(new Set(kinds)).toEqual(new Set(['kill', 'freeze', 'cut', 'state']));
    }
  });

  it('has one fault per target at a time, and overlapping faults of different targets', () => {
    let overlaps = 0;
    for (const seed of seeds) {
      const plan = planFaults({ ...twoMinutes, seed });
      for (const [index, fault] of plan.entries()) {
        const others = plan.slice(index + 1).filter((other) => overlap(fault, other));
        overlaps += others.length;
        expect(others.map(({ target }) => target.name)).not.toContain(fault.target.name);
      }
    }
    expect(overlaps).toBeGreaterThan(seeds.length);
  });

  it('cuts no link without traffic', () => {
    for (const seed of seeds) {
      const plan = planFaults({ ...twoMinutes, seed });
      for (const cut of plan) {
        if (cut.kind !== 'cut') continue;
        const meanwhile = plan.filter((other) => other !== cut && overlap(cut, other)).map(({ target }) => target.name);
        expect(cut.target.needs.filter((name) => meanwhile.includes(name))).toEqual([]);
      }
    }
  });

  it('has every kind of fault of every target in an hour, and too few kills of one for long restart delays', () => {
    for (const seed of seeds.slice(0, 10)) {
      const plan = planFaults({ ...hour, seed });
      expect(new Set(plan.map(({ target }) => target.name)).size).toBe(targets.length);
      const ways = plan.map((fault) => (fault.kind === 'cut' ? `cut ${fault.direction}` : fault.kind));
      expect(new Set(ways)).toEqual(new Set(['kill', 'freeze', 'state', 'cut there', 'cut back', 'cut both']));
      const kills = plan.filter(({ kind }) => kind === 'kill');
      for (const kill of kills) {
        const before = kills.filter(
          ({ target, atMs }) => target.name === kill.target.name && atMs < kill.atMs && kill.atMs - atMs < 600_000,
        );
        expect(before.length).toBeLessThan(2);
      }
    }
  });

  it('rejects more faults than fit into the run', () => {
    expect(() => planFaults({ ...twoMinutes, faults: 100, seed: 1 })).toThrow('100 faults in 120 s');
  });
});
