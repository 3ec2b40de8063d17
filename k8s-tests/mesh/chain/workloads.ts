import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planMesh } from '../../../cdk8s/mesh/plan.ts';
import { clusterHostOf, PORTS } from '../../../cdk8s/model/addresses.ts';
import type { Service } from '../../../cdk8s/model/topology.ts';
import type { KubernetesObject } from '../../../cluster/kubernetes/objects.ts';
import { meshObjectsOf } from '../../harness/mesh-objects.ts';
import { type Chain, CLIENT } from './chain.ts';

interface Manifest extends KubernetesObject {
  readonly spec?: {
    readonly trafficPolicy?: { readonly retryBudget?: unknown };
    readonly http?: readonly { readonly retries?: unknown }[];
  };
}

/** The chain's policies as the synthesis maps them. */
export function meshManifests({ model }: Chain): Manifest[] {
  return meshObjectsOf(planMesh(model, [{ each: 1 }]));
}

/** The same policies as Istio alone would apply them: nothing caps the retries. */
export function meshManifestsWithoutBudgets(chain: Chain): Manifest[] {
  return meshManifests(chain).map((manifest) => {
    if (!manifest.spec?.trafficPolicy) return manifest;
    const { retryBudget: _, ...trafficPolicy } = manifest.spec.trafficPolicy;
    return { ...manifest, spec: { ...manifest.spec, trafficPolicy } };
  });
}

/** The same policies without retries. */
export function meshManifestsWithoutRetries(chain: Chain): Manifest[] {
  return meshManifests(chain).map((manifest) => {
    if (!manifest.spec?.http) return manifest;
    const http = manifest.spec.http.map((route) => ({ ...route, retries: { attempts: 0 } }));
    return { ...manifest, spec: { ...manifest.spec, http } };
  });
}

/** The variables of hop.ts, for each callee and for the leaf. */
export interface HopSettings {
  readonly each?: Readonly<Record<string, string>>;
  readonly leaf?: Readonly<Record<string, string>>;
}

export const urlOf = (chain: Chain, callee: string): string =>
  `http://${clusterHostOf(callee, chain.model.topology.services[callee] as Service)}:${PORTS.http}`;

/**
 * Namespace, Services and pods, each with an account of its name, by which the callees know their callers. Every pod runs Node from that image with the text of hop.ts; the client's pod only
 * waits.
 */
export async function workloadManifests(chain: Chain, image: string, settings: HopSettings): Promise<object[]> {
  const hop = await sourceOf('hop.ts');
  const { namespace, callees } = chain;
  const labels = { 'istio-injection': 'enabled' };
  const metadataOf = (name: string) => ({ name, namespace, labels: { app: name } });
  const pod = (name: string, program: string, variables: Readonly<Record<string, string>>) => {
    const env = Object.entries(variables).map(([variable, value]) => ({ name: variable, value }));
    const container = { name, image, env, command: [...evaluate, program] };
    const spec = { serviceAccountName: name, containers: [container], terminationGracePeriodSeconds: 1 };
    const metadata = metadataOf(name);
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'v1', kind: 'Pod', metadata, spec },
    ];
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    ...pod(CLIENT, 'setInterval(() => {}, 60_000)', {}),
    ...callees.flatMap((name, index) => {
      const next = callees[index + 1];
      const own = next === undefined ? settings.leaf : { NEXT: urlOf(chain, next) };
      const spec = { ports: [{ name: 'http', port: PORTS.http }], selector: { app: name } };
      const service = { apiVersion: 'v1', kind: 'Service', metadata: metadataOf(name), spec };
      return [...pod(name, hop, { ...settings.each, ...own }), service];
    }),
  ];
}

export const evaluate = ['node', '--input-type=module-typescript', '--eval'] as const;

export function sourceOf(file: string): Promise<string> {
  return readFile(join(import.meta.dirname, file), 'utf8');
}
