import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hostOf, portOf } from '../../cdk8s/model/addresses.ts';
import type { Dependency, RpcWithPolicy } from '../../cdk8s/model/dependencies.ts';
import { methodOf } from '../../cdk8s/model/interactions.ts';
import { GATEWAY, type Topology } from '../../cdk8s/model/topology.ts';
import { type CallRecord, type RequestTarget, runSeries, type Series } from './caller-program.ts';
import type { Cluster } from './cluster.ts';
import { kubectl } from './kubectl.ts';
import { everyone, manyLike, tokenOf } from './tokens.ts';

const program = readFileSync(join(import.meta.dirname, 'caller-program.ts'), 'utf8');

const recordsSchema = z.array(
  z.array(
    z.object({
      requestId: z.string(),
      startedAtMs: z.number(),
      durationMs: z.number(),
      status: z.string(),
      message: z.string(),
    }),
  ),
);

/**
 * Runs all series at once through the proxy of a caller: from inside the workload's container, or through the ingress
 * for the gateway. One `kubectl exec` runs all of them.
 *
 * @returns the records of each series, in the order of their starts
 */
export async function callAs(
  cluster: Cluster,
  topology: Topology,
  caller: string,
  series: readonly Series[],
): Promise<CallRecord[][]> {
  if (caller === GATEWAY) {
    const tokens = await Promise.all(manyLike(everyone).map(tokenOf));
    return runSeries(series.map((one) => ({ ...one, target: throughIngress(cluster, one.target, tokens) })));
  }
  const service = topology.services[caller];
  if (service === undefined) throw new Error(`${caller} is not a service of the topology`);
  const exec = ['-n', service.namespace, 'exec', `deploy/${caller}`, '-c', caller, '--'];
  const node = ['node', '--input-type=module-typescript', '-e', program, JSON.stringify(series)];
  return recordsSchema.parse(JSON.parse(await kubectl(...exec, ...node)));
}

/** The target of a dependency's call, as its caller addresses it. Parameters such as `{id}` get a value. */
export function targetOf({ callee, service }: Dependency, { rpc }: RpcWithPolicy): RequestTarget {
  return {
    protocol: service.serves === 'grpc' ? 'grpc' : 'http',
    host: hostOf(callee, service),
    port: portOf(callee, service),
    method: methodOf(rpc),
    path: rpc.path.replaceAll(/\{\w+\}/g, 'some'),
  };
}

function throughIngress(cluster: Cluster, target: RequestTarget, tokens: readonly string[]): RequestTarget {
  return { ...target, tokens, host: '127.0.0.1', port: cluster.ports.ingress };
}
