import { describe, expect, test } from 'vitest';
import type { Slo } from '../model/slo.ts';
import { exampleModel, exampleTopology } from '../testing/example.ts';
import { slosReachable, slosStated } from './slos.ts';

const [enter, ask] = exampleTopology.interactions;
const { slo } = enter.rpcs.Enter;

/** The example, in which the gateway's call Enter has this SLO. */
const modelWith = (change: Partial<Slo> | undefined) => {
  const { slo: _, ...without } = enter.rpcs.Enter;
  const Enter = change ? { ...without, slo: { ...slo, ...change } } : without;
  return exampleModel({ topology: { ...exampleTopology, interactions: [{ ...enter, rpcs: { Enter } }] } });
};

describe('slos-stated', () => {
  test('each route of the gateway has one', () => {
    expect(slosStated(exampleModel())).toEqual([]);
    expect(slosStated(modelWith(undefined))).toMatchObject([{ subject: 'gateway->a.Enter', value: 'slo = none' }]);
  });

  test('a call behind it has none', () => {
    const interactions = [{ ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, slo } } }];
    const topology = { ...exampleTopology, interactions };
    expect(slosStated(exampleModel({ topology }))).toMatchObject([{ subject: 'a->b.Ask', rule: 'slos-stated' }]);
  });
});

describe('slos-reachable', () => {
  const problemsOf = (change: Partial<Slo>) => slosReachable(modelWith(change)).map(({ value }) => value);

  test('the example can be met and missed', () => {
    expect(slosReachable(exampleModel())).toEqual([]);
  });

  test.each([100, 100.1, 99.991, 99.9999999, 93.05, 0, -1, Number.NaN])(
    '%s % leaves too little budget, or is no objective',
    (percent) => {
      expect(problemsOf({ availabilityPercent: percent })).toEqual([`slo.availabilityPercent = ${percent}`]);
      expect(problemsOf({ latency: { ...slo.latency, percent } })).toEqual([`slo.latency.percent = ${percent}`]);
    },
  );

  test('99.99 % leaves the smallest budget', () => {
    expect(problemsOf({ latency: { ...slo.latency, percent: 99.99 } })).toEqual([]);
  });

  test('customers cannot expect more than the decision asks of the service', () => {
    expect(enter.decision.availabilityPercent).toBe(99);
    expect(problemsOf({ availabilityPercent: 99 })).toEqual([]);
    expect(problemsOf({ availabilityPercent: 93.06 })).toEqual([]);
    expect(problemsOf({ availabilityPercent: 99.1 })).toEqual(['slo.availabilityPercent = 99.1']);
  });

  test("only a bound of Envoy's histograms can be counted", () => {
    const within = (withinMs: number) => problemsOf({ latency: { percent: 99, withinMs } });
    expect(within(250)).toEqual([]);
    expect(within(300)).toEqual(['slo.latency.withinMs = 300']);
  });

  test('a bound at or above the timeout is always met', () => {
    expect(slosReachable(modelWith({ latency: { percent: 99, withinMs: 500 } }))).toMatchObject([
      { value: 'slo.latency.withinMs = 500', message: expect.stringContaining('ends after 500 ms') },
    ]);
  });
});
