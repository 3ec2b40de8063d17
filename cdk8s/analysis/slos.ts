import { ownValue } from '../model/dependencies.ts';
import { dependencyId, syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { BURN_RATES, LATENCY_BUCKETS_MS, type Slo } from '../model/slo.ts';
import { GATEWAY, type SyncInteraction } from '../model/topology.ts';

/** Each route that customers use states what they may expect of it, and no other call does. */
export function slosStated({ topology }: Model): Problem[] {
  const rule = 'slos-stated';
  return syncInteractions(topology).flatMap((interaction) =>
    Object.entries(interaction.rpcs).flatMap(([name, { slo }]) => {
      const subject = `${dependencyId(interaction)}.${name}`;
      const isRoute = interaction.caller === GATEWAY;
      if (isRoute && !slo) {
        return [{ subject, value: 'slo = none', rule, message: 'nothing says what a customer may expect: state it.' }];
      }
      if (!isRoute && slo) {
        const message = 'no customer makes this call: it is part of what a route of the gateway takes. Remove it.';
        return [{ subject, value: 'slo', rule, message }];
      }
      return [];
    }),
  );
}

/** An objective that nothing can miss, or that nothing can meet, alerts never or always. */
export function slosReachable({ topology, policies }: Model): Problem[] {
  return syncInteractions(topology).flatMap((interaction) =>
    Object.entries(interaction.rpcs).flatMap(([name, { slo }]) => {
      const dependency = dependencyId(interaction);
      const timeoutMs = ownValue(ownValue(policies, dependency)?.rpcs ?? {}, name)?.timeoutMs;
      return slo ? check(`${dependency}.${name}`, slo, interaction, timeoutMs ?? Number.POSITIVE_INFINITY) : [];
    }),
  );
}

/** With a larger budget not even 100 % of failures would be 14.4 times the budget: 93.06, in two digits. */
const LEAST_PERCENT = Math.ceil(10_000 - 10_000 / Math.max(...BURN_RATES.map(({ factor }) => factor))) / 100;

/** With a smaller budget a month has less than four minutes of outage: no person can act in time. */
const MOST_PERCENT = 99.99;

function check(subject: string, slo: Slo, { decision }: SyncInteraction, timeoutMs: number): Problem[] {
  const { availabilityPercent, latency } = slo;
  const problem = (field: string, value: number, message: string): Problem => ({
    subject,
    value: `slo.${field} = ${value}`,
    rule: 'slos-reachable',
    message,
  });
  const isObjective = (percent: number) => percent >= LEAST_PERCENT && percent <= MOST_PERCENT;
  const between = `must be from ${LEAST_PERCENT} to ${MOST_PERCENT}: with less no outage burns the budget fast enough to page anybody, and with more a few failures would.`;
  const isAvailable = isObjective(availabilityPercent);
  return [
    ...(isAvailable ? [] : [problem('availabilityPercent', availabilityPercent, between)]),
    ...(isAvailable && availabilityPercent > decision.availabilityPercent
      ? [
          problem(
            'availabilityPercent',
            availabilityPercent,
            `its decision asks for less of the called service: use at most ${decision.availabilityPercent}.`,
          ),
        ]
      : []),
    ...(isObjective(latency.percent) ? [] : [problem('latency.percent', latency.percent, between)]),
    ...(LATENCY_BUCKETS_MS.includes(latency.withinMs)
      ? []
      : [
          problem(
            'latency.withinMs',
            latency.withinMs,
            `the gateway's proxy does not count it: use one of ${LATENCY_BUCKETS_MS.join(', ')}.`,
          ),
        ]),
    ...(latency.withinMs >= timeoutMs
      ? [
          problem(
            'latency.withinMs',
            latency.withinMs,
            `the call ends after ${timeoutMs} ms, so every answer comes in time: use less.`,
          ),
        ]
      : []),
  ];
}
