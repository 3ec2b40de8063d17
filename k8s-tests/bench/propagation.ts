import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, openCluster } from '../harness/cluster.ts';
import { readRouteNamed } from '../harness/envoy-route.ts';
import type { PodRef } from '../harness/names.ts';
import { changeRoute, findRoute, type RouteRef, replaceRoute, timeoutMsOf } from '../harness/route-edits.ts';
import { summarize } from './percentiles.ts';

const routeName = 'orders.Check';
const pollIntervalMs = 2;
const edits = 50;
const boundP99Ms = 300;

/**
 * Prints the time until an edit of a policy takes effect in the running cluster, and returns whether it is within the
 * bound.
 */
export async function benchPropagation(): Promise<boolean> {
  const cluster = openCluster();
  try {
    const { p50, p99, max } = summarize(await measurePropagation(cluster, edits));
    const met = p99 < boundP99Ms;
    console.log('from an edit of a VirtualService to its effect in the sidecar, ms');
    console.table([{ edits, p50, p99, max, bound: `p99 < ${boundP99Ms}`, verdict: met ? 'met' : 'missed' }]);
    return met;
  } finally {
    cluster.close();
  }
}

/**
 * Measures the time of each edit of a VirtualService, in ms: from sending the edit until the caller's sidecar has the
 * new timeout. Restores the route at the end.
 */
async function measurePropagation(cluster: Cluster, edits: number): Promise<readonly number[]> {
  const pod = await cluster.onlyPod('shop', 'app=orders');
  const original = await findRoute(cluster, 'inventory', routeName);
  const timeoutMs = timeoutMsOf(original) ?? 0;
  const samplesMs: number[] = [];
  try {
    for (let i = 0; i < edits; i++) {
      samplesMs.push(await measureEdit(cluster, pod, original, timeoutMs + 1 + (i % 2)));
      // Longer than istiod's debounce, so that istiod pushes each edit separately.
      await sleep(300);
    }
  } finally {
    await replaceRoute(cluster, original);
  }
  return samplesMs;
}

async function measureEdit(cluster: Cluster, pod: PodRef, original: RouteRef, timeoutMs: number): Promise<number> {
  const startedAt = performance.now();
  await replaceRoute(cluster, changeRoute(original, { timeoutMs }));
  for (;;) {
    const live = await readRouteNamed(cluster, pod, routeName);
    const elapsedMs = performance.now() - startedAt;
    if (live.timeoutMs === timeoutMs) return elapsedMs;
    if (elapsedMs > 10_000) throw new Error(`${timeoutMs} ms was not live after 10 s; it is ${live.timeoutMs} ms`);
    await sleep(pollIntervalMs);
  }
}
