import { z } from 'zod';
import { check, succeeded } from './check.ts';
import type { Cluster } from './cluster.ts';
import { type HttpRequest, send } from './http.ts';
import type { PodRef } from './names.ts';

const adminPort = 9901;

/** A fault that a pod injects into matching requests. The first rule that matches applies. */
export interface FaultRule {
  /** The gRPC path or the HTTP route, like `/windlass.inventory.v1.Inventory/Check`. */
  readonly match: string;
  /** Limits the fault to this number of matching requests, counted per pod. */
  readonly failFirst?: number;
  /** Limits the fault to this percentage of matching requests, 0 to 100. */
  readonly percent?: number;
  readonly delayMs?: number;
  /** A gRPC status name or an HTTP status. */
  readonly status?: string | number;
  /** The pod processes the request before it answers with the status, so the request has its effect. */
  readonly carriedOut?: true;
  /** HTTP only, instead of a problem: services/lib/faults/broken-answers.ts. */
  readonly answer?: 'empty' | 'page' | 'other-json' | 'cut' | 'huge' | 'slow';
}

const requestCountsSchema = z.object({
  byMatch: z.record(z.string(), z.number()),
  byRequestId: z.record(z.string(), z.record(z.string(), z.number())),
});

/** Requests per route: in total, and per `x-request-id` of the gateway. */
export type RequestCounts = z.infer<typeof requestCountsSchema>;

const emailsSchema = z.array(z.object({ kind: z.string(), at: z.string() }));

const ledgerSchema = z.array(
  z.object({ kind: z.enum(['authorization', 'capture', 'reversal']), amountMinor: z.number(), at: z.string() }),
);

const shipmentSchema = z.object({ status: z.enum(['scheduled', 'failed']), reason: z.string().optional() });

/**
 * The admin ports of all ready pods of one deployment. Each pod has its own faults and request counts: this class sets
 * faults on all pods and adds up their counts.
 */
export class Admin {
  private readonly cluster: Cluster;
  private readonly deployment: PodRef;

  /** @param deployment whose pods have the label `app` with its name */
  constructor(cluster: Cluster, deployment: PodRef) {
    this.cluster = cluster;
    this.deployment = deployment;
  }

  async setFaults(...rules: readonly FaultRule[]): Promise<void> {
    await this.onEachPod(putFaults(rules));
  }

  /** Sets different faults per pod, in the order of their names. Throws if the numbers of pods and lists differ. */
  async setFaultsByPod(lists: readonly (readonly FaultRule[])[]): Promise<void> {
    const pods = await this.pods();
    if (pods.length !== lists.length) {
      throw new Error(`${this.deployment.name} has ${pods.length} ready pods, expected ${lists.length}`);
    }
    await Promise.all(pods.map((pod, index) => this.onPod(pod, putFaults(lists[index] ?? []))));
  }

  async requestCounts(): Promise<RequestCounts> {
    return (await this.requestCountsByPod()).reduce(addCounts);
  }

  /** The counts of each pod, in the order of `setFaultsByPod`. */
  async requestCountsByPod(): Promise<readonly RequestCounts[]> {
    const texts = await this.onEachPod({ url: '/hits' });
    return texts.map((text) => requestCountsSchema.parse(JSON.parse(text)));
  }

  /** Restores the catalogue, removes all faults and sets all request counts to zero. */
  async reset(): Promise<void> {
    await this.onEachPod({ method: 'POST', url: '/reset' });
  }

  /** notifications only: the e-mails recorded for an order. */
  async emails(orderId: string): Promise<z.infer<typeof emailsSchema>> {
    const [text = '[]'] = await this.onEachPod({ url: `/emails/${orderId}` });
    return emailsSchema.parse(JSON.parse(text));
  }

  /** acquirer only: the charges and reversals of an order's card, one row per effect. */
  async ledger(orderId: string): Promise<z.infer<typeof ledgerSchema>> {
    const [text = '[]'] = await this.onEachPod({ url: `/ledger/${orderId}` });
    return ledgerSchema.parse(JSON.parse(text));
  }

  /** fulfillment only: throws until the shipment is decided. */
  async shipment(orderId: string): Promise<z.infer<typeof shipmentSchema>> {
    const [text = '{}'] = await this.onEachPod({ url: `/shipments/${orderId}` });
    return shipmentSchema.parse(JSON.parse(text));
  }

  /**
   * Sends the request, whose url is a path, to each ready pod. Throws if no pod is ready or if one does not answer 2xx.
   */
  private async onEachPod(call: HttpRequest): Promise<readonly string[]> {
    return Promise.all((await this.pods()).map((pod) => this.onPod(pod, call)));
  }

  private async pods(): Promise<readonly PodRef[]> {
    const { namespace, name } = this.deployment;
    const pods = await this.cluster.readyPods(namespace, `app=${name}`);
    if (pods.length === 0) throw new Error(`no ready pod of ${name}`);
    return pods.toSorted((left, right) => left.name.localeCompare(right.name));
  }

  private async onPod(pod: PodRef, call: HttpRequest): Promise<string> {
    const port = await this.cluster.forwards.open(pod, adminPort);
    const answer = await send({ ...call, url: `http://127.0.0.1:${port}${call.url}` });
    return check(answer, succeeded).text;
  }
}

function putFaults(rules: readonly FaultRule[]): HttpRequest {
  return {
    method: 'PUT',
    url: '/faults',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rules }),
  };
}

function addCounts(left: RequestCounts, right: RequestCounts): RequestCounts {
  const byRequestId = { ...left.byRequestId };
  for (const [id, counts] of Object.entries(right.byRequestId)) byRequestId[id] = add(byRequestId[id] ?? {}, counts);
  return { byMatch: add(left.byMatch, right.byMatch), byRequestId };
}

function add(left: Record<string, number>, right: Record<string, number>): Record<string, number> {
  const sum = { ...left };
  for (const [key, count] of Object.entries(right)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
