import { randomUUID } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { pause } from '../../services/lib/runtime/timing.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import type { PlannedFault } from './fault-plan.ts';
import type { LinkTarget } from './fault-targets.ts';
import type { NodeShell } from './node-shell.ts';

/** The record of an injected fault: one line of the run's log. */
export interface FaultRecord {
  readonly kind: PlannedFault['kind'];
  readonly target: string;
  /** The dropped packets of a cut. */
  readonly direction?: string;
  readonly plannedAtMs: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly pods: readonly string[];
  /** The process ids on the node, or on this host. */
  readonly pids: readonly number[];
  /** The output of faults.sh: `state 4711 T`, `gone 4711`, `silent 10.0.0.1:5432`, `dropped 17`, `mended 4711`. */
  readonly observed: readonly string[];
  /** Whether the fault had its effect and was reverted. */
  readonly effective: boolean;
}

export interface InjectOptions {
  readonly cluster: Cluster;
  readonly node: NodeShell;
  /** Reverts the fault at once. */
  readonly signal: AbortSignal;
}

/** How long to wait for a target that is restarting. */
const patienceMs = 15_000;

/**
 * Injects the fault now and resolves once it is reverted. faults.sh always reverts it, because it does so when its
 * input ends.
 */
export async function inject(fault: PlannedFault, options: InjectOptions): Promise<FaultRecord> {
  const startedAt = new Date().toISOString();
  const { pods, observed } = await strike(fault, options).catch((error: unknown) => ({
    pods: [],
    observed: [error instanceof Error ? error.message : String(error)],
  }));
  return {
    kind: fault.kind,
    target: fault.target.name,
    ...(fault.kind === 'cut' && { direction: fault.direction }),
    plannedAtMs: fault.atMs,
    startedAt,
    endedAt: new Date().toISOString(),
    pods,
    pids: pidsOf(observed),
    observed,
    effective: isEffective(fault.kind, observed),
  };
}

async function strike(fault: PlannedFault, { cluster, node, signal }: InjectOptions) {
  if (fault.kind === 'state') return holdState(fault, cluster, signal);
  const aimed = await eventually(() => aim(fault, cluster), { timeoutMs: patienceMs, intervalMs: 500 });
  const outputs = await Promise.all(aimed.map(({ args }) => node(args, signal)));
  return { pods: aimed.map(({ pod }) => pod), observed: outputs.flat() };
}

/** Holds the state until its time is over or the signal comes, and ends it in any case. */
async function holdState({ target, forMs }: PlannedFault & { kind: 'state' }, cluster: Cluster, signal: AbortSignal) {
  const end = await eventually(() => target.begin(cluster), { timeoutMs: patienceMs, intervalMs: 500 });
  await pause(forMs, signal);
  await end();
  return { pods: [], observed: ['began', 'ended'] };
}

/** Returns the arguments of faults.sh and the pods. Throws if the target does not exist. */
async function aim(
  fault: Exclude<PlannedFault, { kind: 'state' }>,
  cluster: Cluster,
): Promise<readonly { pod: string; args: readonly string[] }[]> {
  if (fault.kind === 'cut') return aimAtLink(fault, cluster);
  const { target } = fault;
  const pods = await listPods(cluster, target.namespace, target.labels);
  const found = pods.flatMap((pod) => {
    const id = runningContainer(pod, target.container);
    return id === undefined ? [] : [{ pod: pod.metadata?.name ?? '', id }];
  });
  // One pod only, because the other replicas must take over.
  const [one] = found;
  if (one === undefined) throw new Error(`no pod ${target.labels} with a running container ${target.container}`);
  const program = target.program ?? '';
  const args =
    fault.kind === 'kill' ? ['kill', one.id, program] : ['freeze', one.id, program, String(fault.forMs / 1_000)];
  return [{ pod: one.pod, args }];
}

async function aimAtLink({ target, direction, forMs }: PlannedFault & { kind: 'cut' }, cluster: Cluster) {
  const pods = await listPods(cluster, target.from.namespace, target.from.labels);
  if (pods.length === 0) throw new Error(`no pod ${target.from.labels}`);
  const addresses = await addressesOf(target, cluster);
  return pods.map((pod) => ({
    pod: pod.metadata?.name ?? '',
    args: [
      'cut',
      pod.metadata?.uid ?? '',
      String(forMs / 1_000),
      `windlass-storm-${randomUUID()}`,
      direction,
      ...addresses,
    ],
  }));
}

/** The addresses of the Service and its pods: callers use the first, and sidecars the others. */
async function addressesOf({ to }: LinkTarget, cluster: Cluster): Promise<readonly string[]> {
  const { spec } = await cluster.core.readNamespacedService({ namespace: to.namespace, name: to.service });
  const { items } = await cluster.discovery.listNamespacedEndpointSlice({
    namespace: to.namespace,
    labelSelector: `kubernetes.io/service-name=${to.service}`,
  });
  const ofService = (spec?.ports ?? []).map(({ port }) => `${spec?.clusterIP}:${port}`);
  const ofPods = items.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap(({ addresses }) =>
      addresses.flatMap((ip) => (ports ?? []).map(({ port }) => `${ip}:${port}`)),
    ),
  );
  if (ofPods.length === 0) throw new Error(`service ${to.service} in ${to.namespace} has no endpoints`);
  return [...new Set([...ofService, ...ofPods])];
}

async function listPods(cluster: Cluster, namespace: string, labelSelector: string): Promise<readonly V1Pod[]> {
  const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector });
  return items.filter(
    ({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.phase === 'Running',
  );
}

/** The container's id in the cgroups of its processes. A native sidecar is an init container. */
function runningContainer({ status }: V1Pod, name: string): string | undefined {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const found = statuses.find((each) => each.name === name && each.state?.running !== undefined);
  return found?.containerID?.replace(/^.*:\/\//, '');
}

function pidsOf(observed: readonly string[]): readonly number[] {
  const pids = observed.flatMap((line) => /^(?:state|gone|rule) (\d+)/.exec(line)?.[1] ?? []);
  return [...new Set(pids)].map(Number);
}

/**
 * Kill: the process is gone. Freeze: it stopped and was resumed. Cut: no response, packets were dropped, no rule is
 * left. State: the dependency took it on and gave it up.
 */
export function isEffective(kind: PlannedFault['kind'], observed: readonly string[]): boolean {
  const has = (pattern: RegExp): boolean => observed.some((line) => pattern.test(line));
  if (has(/^(exit code|left|alive|none|answers)/)) return false;
  switch (kind) {
    case 'kill':
      return has(/^gone/);
    case 'freeze':
      return has(/^state \d+ T$/) && has(/^(thawed \d+ T|died \d+)$/);
    case 'cut':
      return has(/^dropped [1-9]/) && has(/^mended/);
    case 'state':
      return has(/^began/) && has(/^ended/);
  }
}
