import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planMesh } from '../../../cdk8s/mesh/plan.ts';
import { clusterHostOf, PORTS } from '../../../cdk8s/model/addresses.ts';
import type { KubernetesObject } from '../../../cluster/kubernetes/objects.ts';
import { meshObjectsOf } from '../../harness/mesh-objects.ts';
import { chain, NAMESPACE } from './chain.ts';

const services = chain.topology.services;

interface Manifest extends KubernetesObject {
  readonly spec?: { readonly trafficPolicy?: { readonly retryBudget?: unknown } };
}

/** The chain's policies as the synthesis maps them. */
export function meshManifests(): Manifest[] {
  return meshObjectsOf(planMesh(chain, [{ each: 1 }]));
}

/** The same policies as Istio alone would apply them: nothing caps the retries. */
export function meshManifestsWithoutBudgets(): Manifest[] {
  return meshManifests().map((manifest) => {
    if (!manifest.spec?.trafficPolicy) return manifest;
    const { retryBudget: _, ...trafficPolicy } = manifest.spec.trafficPolicy;
    return { ...manifest, spec: { ...manifest.spec, trafficPolicy } };
  });
}

/**
 * Namespace, Services and pods. Every pod runs Node from that image with the text of hop.ts; the client's pod only
 * waits.
 */
export async function workloadManifests(image: string): Promise<object[]> {
  const hop = await sourceOf('hop.ts');
  const nextOf = new Map<string, string>(chain.topology.interactions.map(({ caller, callee }) => [caller, callee]));
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } } },
    ...Object.entries(services).flatMap(([name, service]) => {
      const metadata = { name, namespace: NAMESPACE, labels: { app: name } };
      const next = nextOf.get(name);
      const env =
        next === undefined
          ? []
          : [{ name: 'NEXT', value: `http://${clusterHostOf(next, services.leaf)}:${PORTS.http}` }];
      const program = service.serves === 'nothing' ? 'setInterval(() => {}, 60_000)' : hop;
      const container = { name, image, env, command: [...evaluate, program] };
      const ports = [{ name: 'http', port: PORTS.http }];
      return [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata,
          spec: { containers: [container], terminationGracePeriodSeconds: 1 },
        },
        ...(service.serves === 'nothing'
          ? []
          : [{ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports, selector: { app: name } } }]),
      ];
    }),
  ];
}

export const evaluate = ['node', '--input-type=module-typescript', '--eval'] as const;

export function sourceOf(file: string): Promise<string> {
  return readFile(join(import.meta.dirname, file), 'utf8');
}
