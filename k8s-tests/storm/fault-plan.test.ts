import { describe, expect, it } from 'vitest';
import { endOf, type PlannedFault, planFaults } from './fault-plan.ts';
import { targets } from './fault-targets.ts';

const twoMinutes = { faults: 8, durationMs: 120_000, faultMs: 30_000, targets } as const;
const hour = { faults: 240, durationMs: 3_600_000, faultMs: 30_000, targets } as const;
const seeds = Array.from({ length: 200 }, (_, n) => n * 7_919);

const overlap = (one: PlannedFault, other: PlannedFault) => one.atMs <= endOf(other) && other.atMs <= endOf(one);

describe('the plan of a storm', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planFaults({ ...twoMinutes, seed: 5 })).toEqual(planFaults({ ...twoMinutes, seed: 5 }));
    expect(planFaults({ ...twoMinutes, seed: 5 })).not.toEqual(planFaults({ ...twoMinutes, seed: 6 }));
  });

  it('has as many faults as were asked for, all over at the end', () => {
    for (const seed of seeds) {
      const plan = planFaults({ ...twoMinutes, seed });
      expect(plan).toHaveLength(8);
      expect(Math.max(...plan.map(endOf))).toBeLessThanOrEqual(120_000);
    }
  });

  it('strikes every family within two minutes', () => {
    const families = new Set(targets.map(({ family }) => family));
    const missed = seeds.filter((seed) => {
      const struck = new Set(planFaults({ ...twoMinutes, seed }).map(({ target }) => target.family));
      return struck.size < families.size;
    });
    expect(missed).toEqual([]);
  });

  it('kills, freezes and cuts within two minutes', () => {
    for (const seed of seeds) {
      const kinds = planFaults({ ...twoMinutes, seed }).map(({ kind }) => kind);
      expect(new Set(kinds)).toEqual(new Set(['kill', 'freeze', 'cut']));
    }
  });

  it('strikes no target that is still struck, but different ones at a time', () => {
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

  it('cuts no link on which nothing flows', () => {
    for (const seed of seeds) {
      const plan = planFaults({ ...twoMinutes, seed });
      for (const cut of plan) {
        if (cut.kind !== 'cut') continue;
        const meanwhile = plan.filter((other) => other !== cut && overlap(cut, other)).map(({ target }) => target.name);
        expect(cut.target.needs.filter((name) => meanwhile.includes(name))).toEqual([]);
      }
    }
  });

  it('in an hour strikes every target, in each way, and kills none so often that the kubelet would wait long', () => {
    for (const seed of seeds.slice(0, 10)) {
      const plan = planFaults({ ...hour, seed });
      expect(new Set(plan.map(({ target }) => target.name)).size).toBe(targets.length);
      const ways = plan.map((fault) => (fault.kind === 'cut' ? `cut ${fault.direction}` : fault.kind));
      expect(new Set(ways)).toEqual(new Set(['kill', 'freeze', 'cut there', 'cut back', 'cut both']));
      const kills = plan.filter(({ kind }) => kind === 'kill');
      for (const kill of kills) {
        const before = kills.filter(
          ({ target, atMs }) => target.name === kill.target.name && atMs < kill.atMs && kill.atMs - atMs < 600_000,
        );
        expect(before.length).toBeLessThan(2);
      }
    }
  });

  it('refuses more faults than there is room for', () => {
    expect(() => planFaults({ ...twoMinutes, faults: 100, seed: 1 })).toThrow('100 faults in 120 s');
  });
});
