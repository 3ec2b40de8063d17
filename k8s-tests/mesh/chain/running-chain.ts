import { expect } from 'vitest';
import { z } from 'zod';
import { PORTS } from '../../../cdk8s/model/addresses.ts';
import { syncInteractions } from '../../../cdk8s/model/interactions.ts';
import { apply } from '../../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../../cluster/kubernetes/objects.ts';
import { check, hasStatus } from '../../harness/check.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { type EnvoyCluster, readCluster } from '../../harness/envoy-cluster.ts';
import { readRouteNamed } from '../../harness/envoy-route.ts';
import { eventually } from '../../harness/eventually.ts';
import { send } from '../../harness/http.ts';
import { deleteNamespace, kubectl } from '../../harness/kubectl.ts';
import type { PodRef } from '../../harness/names.ts';
import { type Chain, CLIENT } from './chain.ts';
import { evaluate, type HopSettings, meshManifests, sourceOf, urlOf, workloadManifests } from './workloads.ts';

const hitsSchema = z.object({ requests: z.number(), aborts: z.number(), queued: z.number() });
export type Hits = z.infer<typeof hitsSchema>;

const reportSchema = z.object({
  startedAtMs: z.number(),
  statuses: z.record(z.string(), z.number()),
  reasons: z.record(z.string(), z.number()),
  succeeded: z.array(z.number()),
});
/** Responses by status, and for each second since the start how many of the calls that began in it succeeded. */
export type ClientReport = z.infer<typeof reportSchema>;

/** The variables of client.ts, without its URL. */
export type ClientLoad = { readonly requests: number } & (
  | { readonly inFlight: number }
  | { readonly ratePerSecond: number }
);

/** A chain that runs in the cluster, as its test sees it. */
export class RunningChain {
  private readonly cluster: Cluster;
  private readonly chain: Chain;

  constructor(cluster: Cluster, chain: Chain) {
    this.cluster = cluster;
    this.chain = chain;
  }

  /** Creates the namespace, its pods and the policies, and waits until all pods are ready. */
  async start(settings: HopSettings): Promise<void> {
    const { image } = JSON.parse(
      await kubectl('-n', 'shop', 'get', 'deploy/orders', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
    ) as { image: string };
    await this.apply([...(await workloadManifests(this.chain, image, settings)), ...meshManifests(this.chain)]);
    await kubectl('-n', this.chain.namespace, 'wait', 'pod', '--all', '--for=condition=Ready', '--timeout=90s');
  }

  remove(): Promise<void> {
    return deleteNamespace(this.chain.namespace);
  }

  apply(manifests: readonly object[]): Promise<void> {
    return apply(toStream(manifests), this.chain.namespace);
  }

  /** Runs the client until it has all its responses. */
  async runClient(load: ClientLoad): Promise<ClientReport> {
    const { namespace, callees } = this.chain;
    const pace = 'inFlight' in load ? `IN_FLIGHT=${load.inFlight}` : `RATE=${load.ratePerSecond}`;
    const variables = [`URL=${urlOf(this.chain, callees[0])}/call`, `REQUESTS=${load.requests}`, pace];
    const command = ['env', ...variables, ...evaluate, await sourceOf('client.ts')];
    const printed = await kubectl('-n', namespace, 'exec', CLIENT, '-c', CLIENT, '--', ...command);
    return reportSchema.parse(JSON.parse(printed));
  }

  /** The counts of a callee's program. */
  async hitsOf(callee: string): Promise<Hits> {
    return hitsSchema.parse(JSON.parse(await this.ask(callee, '/hits')));
  }

  /** Changes for how long the leaf works on each request. */
  async setLeafWork(workMs: number): Promise<void> {
    await this.ask(this.chain.callees.at(-1) ?? '', `/work?ms=${workMs}`);
  }

  /** Waits until each proxy of the chain has this retry budget for its one hop. */
  waitForBudgets(expected: EnvoyCluster['retryBudget']): Promise<void> {
    return this.waitForEach(expected, async (caller, callee) => {
      const called = `outbound|${PORTS.http}||${callee}.${caller.namespace}.svc.cluster.local`;
      return (await readCluster(this.cluster, caller, called)).retryBudget;
    });
  }

  /** Waits until each proxy of the chain retries its one call so many times. */
  waitForRetries(expected: number): Promise<void> {
    return this.waitForEach(expected, async (caller) => {
      const route = await readRouteNamed(this.cluster, caller, `${caller.name}.Call`);
      return route.retries?.attempts ?? 0;
    });
  }

  private waitForEach<T>(expected: T, read: (caller: PodRef, callee: string) => Promise<T>): Promise<void> {
    const { namespace, model } = this.chain;
    const hops = syncInteractions(model.topology);
    return eventually(
      async () => {
        const live = await Promise.all(hops.map(({ caller, callee }) => read({ namespace, name: caller }, callee)));
        expect(live).toEqual(live.map(() => expected));
      },
      { timeoutMs: 30_000 },
    );
  }

  private async ask(callee: string, path: string): Promise<string> {
    const port = await this.cluster.forwards.open({ namespace: this.chain.namespace, name: callee }, PORTS.http);
    return check(await send({ url: `http://127.0.0.1:${port}${path}` }), hasStatus(200)).text;
  }
}
