import { toUses } from '../analysis/check-decisions.ts';
import type { Use } from '../analysis/requirements.ts';
import { dependencyId } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { Breaker, DependencyPolicy, RpcPolicy } from '../model/policy.ts';
import type { AsyncInteraction, SyncInteraction } from '../model/topology.ts';
import { code, formatMs, table } from './markdown.ts';

/** Each interaction: a heading, the fields of its decision, and its calls or its events. */
export function writeInteractions(model: Model): string[] {
  return toUses(model).flatMap(({ id, interaction }) => [
    `### ${code(id)}`,
    table(['', ''], fieldsOf(interaction)),
    ...(interaction.style === 'sync' ? writeCalls(interaction, model) : [writeEvents(interaction, model)]),
  ]);
}

function fieldsOf({ decision }: Use['interaction']): string[][] {
  return [
    ['tactic', code(decision.tactic)],
    ['owner', decision.owner],
    ['impact of a failure', decision.impact],
    ['who waits', decision.waits],
    ['criticality', decision.criticality],
    ['consistency', decision.consistency],
    ['ordering', decision.ordering],
    ['latency budget', formatMs(decision.latencyBudgetMs)],
    ['availability target', `${decision.availabilityPercent} %`],
    ['when it fails', decision.onFailure],
  ];
}

function writeCalls(interaction: SyncInteraction, { policies }: Model): string[] {
  const policy = policies[dependencyId(interaction)];
  if (!policy) return [];
  const rows = Object.entries(interaction.rpcs).flatMap(([name, { why, ratePerSecond }]) => {
    const rpc = policy.rpcs[name];
    return rpc
      ? [[name, why, `${ratePerSecond}/s`, formatMs(rpc.timeoutMs), attemptsOf(rpc), rpc.idempotency, rpc.afterTimeout]]
      : [];
  });
  return [
    table(['RPC', 'why', 'expected rate', 'timeout', 'attempts', 'idempotency', 'after the timeout'], rows),
    writeDependency(policy),
  ];
}

function attemptsOf({ retries }: RpcPolicy): string {
  if (retries.kind === 'never') return '1';
  const { attempts, conditions, perTryTimeoutMs } = retries;
  const each = perTryTimeoutMs === 'rest-of-timeout' ? '' : ` of ${formatMs(perTryTimeoutMs)} each`;
  return `${attempts + 1}${each}, on ${conditions.join(', ')}`;
}

function writeDependency({ breaker, retryBudget: { percent, minConcurrency } }: DependencyPolicy): string {
  const budget = `at most ${percent} % of the requests in flight, and always at least ${minConcurrency}`;
  return `Retries in flight: ${budget}. Breaker: ${describe(breaker)}.`;
}

function describe(breaker: Breaker): string {
  if (breaker.kind === 'none') return 'none';
  const rest = `ejects for ${formatMs(breaker.ejectionMs)}`;
  if (breaker.kind === 'consecutive') return `after ${breaker.failures} failures in a row, it ${rest}`;
  const { percent, minRequests, intervalMs } = breaker;
  return `when ${percent} % of at least ${minRequests} calls within ${formatMs(intervalMs)} fail, it ${rest}`;
}

function writeEvents({ topic, consumers, why }: AsyncInteraction, { topology }: Model): string {
  const { partitions = 0, retentionDays = 0 } = topology.topics[topic] ?? {};
  const readers = consumers.join(', ') || 'none of our services';
  return `Read by ${readers}, from ${partitions} partition(s), keyed by order id, kept ${retentionDays} days: ${why}.`;
}
