/** Renders Istio's charts with the values for customers, as docs/kubectl-apply.md installs them. */

import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { environments } from '../../cdk8s/environments.ts';
import { nativeReleases } from '../../cluster/deploy/platform.ts';
import { renderRelease } from '../../cluster/deploy/releases.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly type?: string;
    readonly externalTrafficPolicy?: string;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly template?: { readonly spec: { readonly topologySpreadConstraints?: readonly { topologyKey: string }[] } };
  };
}

/** The manifests of one of our releases with further files of values. */
async function render(name: string, ...values: readonly string[]): Promise<readonly Manifest[]> {
  const release = (await nativeReleases()).find((each) => each.name === name);
  if (!release) throw new Error(`no release ${name}`);
  const text = await renderRelease({ ...release, values: [...release.values, ...values] });
  return parseAllDocuments(text).flatMap((document) => (document.toJS({ maxAliasCount: -1 }) as Manifest | null) ?? []);
}

it.each([
  ['istiod', ['istio/istiod-prod.yaml'], 'istiod'],
  ['istio-ingressgateway', ['istio/gateway-cluster-ip.yaml', 'istio/gateway-prod.yaml'], 'istio-ingressgateway'],
])(
  '%s of prod has two pods or more, on hosts and in zones of their own, of which a drain leaves one',
  async (name, values, workload) => {
    const manifests = await render(name, ...values);
    const find = (kind: string) =>
      manifests.find((each) => each.kind === kind && each.metadata.name === workload)?.spec;
    const scaler = find('HorizontalPodAutoscaler');
    expect(scaler?.minReplicas).toBeGreaterThanOrEqual(2);
    expect(scaler?.maxReplicas).toBeGreaterThan(scaler?.minReplicas ?? 0);
    expect(find('PodDisruptionBudget')).toBeDefined();
    const places = find('Deployment')?.template?.spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
    expect(places).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
  },
);

it('the gateway of prod has as many pods as its breakers are counted for, and no port on the nodes', async () => {
  const manifests = await render('istio-ingressgateway', 'istio/gateway-cluster-ip.yaml', 'istio/gateway-prod.yaml');
  const scaler = manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.spec;
  expect(scaler?.maxReplicas).toBe(environments.prod.replicas.gateway);
  const service = manifests.find(({ kind }) => kind === 'Service');
  expect(service?.spec.type).toBe('LoadBalancer');
  expect(JSON.stringify(service)).not.toContain('nodePort');
});

it('the gateway of prod sees the addresses of clients, not those of nodes', async () => {
  const manifests = await render('istio-ingressgateway', 'istio/gateway-cluster-ip.yaml', 'istio/gateway-prod.yaml');
  const service = manifests.find(({ kind }) => kind === 'Service');
  expect(service?.spec.externalTrafficPolicy).toBe('Local');
});
