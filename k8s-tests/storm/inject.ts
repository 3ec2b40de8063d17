import { randomUUID } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import type { PlannedFault } from './fault-plan.ts';
import type { LinkTarget } from './fault-targets.ts';
import type { NodeShell } from './node-shell.ts';

/** A fault as it was: one line of the storm's log. */
export interface FaultRecord {
  readonly kind: PlannedFault['kind'];
  readonly target: string;
  /** Of a cut, which packets were dropped. */
  readonly direction?: string;
  readonly plannedAtMs: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly pods: readonly string[];
  /** As the node, or this host, numbers them. */
  readonly pids: readonly number[];
  /** What was seen of it, as faults.sh says it: `state 4711 T`, `gone 4711`, `silent 10.0.0.1:5432`, `dropped 17`, `mended 4711`. */
  readonly observed: readonly string[];
  /** Whether it did what it was to do, and was undone. */
  readonly effective: boolean;
}

export interface InjectOptions {
  readonly cluster: Cluster;
  readonly node: NodeShell;
  /** Ends what holds at once. */
  readonly signal: AbortSignal;
}

/** How long a target that is being restarted may take to be there. */
const patienceMs = 15_000;

/** Strikes now, and resolves when the fault is undone. It always is: faults.sh undoes it when our end of the pipe closes. */
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
  const aimed = await eventually(() => aim(fault, cluster), { timeoutMs: patienceMs, intervalMs: 500 });
  const outputs = await Promise.all(aimed.map(({ args }) => node(args, signal)));
  return { pods: aimed.map(({ pod }) => pod), observed: outputs.flat() };
}

/** What faults.sh is to do, and in which pods. Fails when the target is not there. */
async function aim(
  fault: PlannedFault,
  cluster: Cluster,
): Promise<readonly { pod: string; args: readonly string[] }[]> {
  if (fault.kind === 'cut') return aimAtLink(fault, cluster);
  const { target } = fault;
  const pods = await listPods(cluster, target.namespace, target.labels);
  const found = pods.flatMap((pod) => {
    const id = runningContainer(pod, target.container);
    return id === undefined ? [] : [{ pod: pod.metadata?.name ?? '', id }];
  });
  // One is enough: that the others carry on is what there are several for.
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

/** Callers see a Service's own address or, in a sidecar, those of its pods. */
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
  if (ofPods.length === 0) throw new Error(`service ${to.service} in ${to.namespace} leads nowhere`);
  return [...new Set([...ofService, ...ofPods])];
}

async function listPods(cluster: Cluster, namespace: string, labelSelector: string): Promise<readonly V1Pod[]> {
  const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector });
  return items.filter(
    ({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.phase === 'Running',
  );
}

/** The id under which the container's processes are in their cgroup. A native sidecar is an init container. */
function runningContainer({ status }: V1Pod, name: string): string | undefined {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const found = statuses.find((each) => each.name === name && each.state?.running !== undefined);
  return found?.containerID?.replace(/^.*:\/\//, '');
}

function pidsOf(observed: readonly string[]): readonly number[] {
  const pids = observed.flatMap((line) => /^(?:state|gone|rule) (\d+)/.exec(line)?.[1] ?? []);
  return [...new Set(pids)].map(Number);
}

/** Killed: gone. Frozen: stopped, and none left so. Cut: nobody answers, packets were dropped, and no rule is left. */
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
  }
}
