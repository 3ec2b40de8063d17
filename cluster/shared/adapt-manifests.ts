import { parse } from 'yaml';
import { POD_SECURITY } from '../deploy/labels.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { type GatewayPlace, gatewayOf, injectionLabels, type Mesh, type SharedMesh } from './mesh.ts';

/** The namespace in which a resource without a selector holds for the whole mesh. */
const ROOT = gatewayOf({ kind: 'own' });
/** The tracing provider that our Telemetry names. */
const TRACING_PROVIDER = 'jaeger';

/** A manifest. Its fields are read as they come. */
export interface Manifest extends KubernetesObject {
  readonly apiVersion: string;
  readonly metadata: KubernetesObject['metadata'] & { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/**
 * The manifests for a mesh. In one of our own they stay as they are. In the mesh of others, what is mesh-wide is stated
 * for each of our namespaces instead, the gateway's resources move to the gateway's namespace, and namespaces get the
 * mesh's revision. Nothing is left in the mesh's root namespace. Without istio-cni, namespaces with sidecars admit their
 * init containers.
 */
export function adaptManifests(mesh: Mesh, source: readonly Manifest[]): readonly Manifest[] {
  const manifests = mesh.hasCni
    ? source
    : source.map((manifest) => (isInjected(manifest) ? admitting(manifest) : manifest));
  if (mesh.kind === 'own') return manifests;
  const gateway = gatewayOf(mesh);
  const inMesh = manifests.filter(isInjected).map(({ metadata }) => metadata.name);
  const adapted = manifests.flatMap((manifest): Manifest[] => {
    const rewritten = rewrite(manifest, mesh) as Manifest;
    if (manifest.kind === 'Deployment' && inMesh.includes(manifest.metadata.namespace ?? ''))
      return [withDnsProxy(rewritten)];
    if (isInjected(manifest)) return [withInjection(rewritten, mesh)];
    if (manifest.metadata.namespace !== ROOT.namespace) return [rewritten];
    // Those of the gateway and istiod, whose namespaces others may use as well.
    if (manifest.kind === 'NetworkPolicy') return [];
    if (isTracing(manifest) && !mesh.providers.includes(TRACING_PROVIDER)) return [];
    const targets = selectsGateway(manifest) ? [gateway.namespace] : [...inMesh, gateway.namespace];
    return targets.map((namespace) => ({ ...rewritten, metadata: { ...rewritten.metadata, namespace } }));
  });
  return adapted;
}

/** What such a mesh lacks that ours would have, for people. */
export function losses(mesh: Mesh): readonly string[] {
  const capabilities = 'sidecars need an init container with capabilities, so Pod Security limits nothing in shop';
  return [...(mesh.hasCni ? [] : [capabilities]), ...(mesh.kind === 'shared' ? lossesOfSharing(mesh) : [])];
}

function lossesOfSharing({ providers }: SharedMesh): readonly string[] {
  return [
    ...(providers.includes(TRACING_PROVIDER)
      ? []
      : [`traces lack the spans of proxies: its mesh config has no extension provider \`${TRACING_PROVIDER}\``]),
    'access logs of proxies are as it configures them, not JSON with flags and routes',
    "counters of retries and ejections are missing, which the mesh's dashboard and alerts read",
    'if it does not switch them off, a sidecar repeats requests to its own application',
  ];
}

/** By it the injector is told about one pod's sidecar. */
const CONFIG = 'proxy.istio.io/config';
const isInjected = ({ kind, metadata }: Manifest) =>
  kind === 'Namespace' && metadata.labels?.['istio-injection'] === 'enabled';
const isTracing = ({ kind, spec }: Manifest) => kind === 'Telemetry' && spec?.tracing !== undefined;

function admitting(manifest: Manifest): Manifest {
  const labels = { ...manifest.metadata.labels, [POD_SECURITY]: 'privileged' };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

function withInjection(manifest: Manifest, mesh: SharedMesh): Manifest {
  const { 'istio-injection': _, ...labels } = manifest.metadata.labels ?? {};
  return { ...manifest, metadata: { ...manifest.metadata, labels: { ...labels, ...injectionLabels(mesh) } } };
}

/**
 * Sidecars must answer DNS for hosts of ServiceEntries, which no DNS server knows. Our own mesh config says so. An
 * annotation, because a ProxyConfig of the namespace would have to reach istiod before the first pod is injected.
 */
function withDnsProxy(manifest: Manifest): Manifest {
  const { template, ...spec } = manifest.spec as { template: { metadata: { annotations?: Record<string, string> } } };
  const { annotations = {} } = template.metadata;
  const config = parse(annotations[CONFIG] ?? '{}') as { proxyMetadata?: object };
  const proxyMetadata = { ...config.proxyMetadata, ISTIO_META_DNS_CAPTURE: 'true' };
  const metadata = {
    ...template.metadata,
    annotations: { ...annotations, [CONFIG]: JSON.stringify({ ...config, proxyMetadata }) },
  };
  return { ...manifest, spec: { ...spec, template: { ...template, metadata } } };
}

/** The part of a principal that names the account of the gateway's pods. */
const identityOf = ({ namespace, service }: GatewayPlace) => `/ns/${namespace}/sa/${service}`;

function selectsGateway({ spec }: Manifest): boolean {
  const { workloadSelector, selector } = (spec ?? {}) as Record<string, { labels?: unknown; matchLabels?: unknown }>;
  const selected = workloadSelector?.labels ?? workloadSelector?.matchLabels ?? selector?.matchLabels;
  return (selected as { istio?: string } | undefined)?.istio === ROOT.label;
}

/**
 * Replaces the gateway's label and identity everywhere, and in NetworkPolicies the namespaces of the gateway and of
 * istiod.
 */
function rewrite(value: unknown, mesh: SharedMesh): unknown {
  if (typeof value === 'string') return value.replace(identityOf(ROOT), identityOf(gatewayOf(mesh)));
  if (Array.isArray(value)) return value.map((item) => rewrite(item, mesh));
  if (typeof value !== 'object' || value === null) return value;
  const gateway = gatewayOf(mesh);
  const entries = Object.entries(value).map(([key, item]) => {
    if (key === 'istio' && item === ROOT.label) return [key, gateway.label];
    if (key === 'exportTo')
      return [key, (item as string[]).map((to) => (to === ROOT.namespace ? gateway.namespace : to))];
    return [key, rewrite(item, mesh)];
  });
  const rewritten = Object.fromEntries(entries) as Record<string, unknown>;
  const { namespaceSelector } = value as { namespaceSelector?: { matchLabels?: Record<string, string> } };
  const name = 'kubernetes.io/metadata.name';
  if (namespaceSelector?.matchLabels?.[name] !== ROOT.namespace) return rewritten;
  const isGateway = JSON.stringify(value).includes(`"istio":"${ROOT.label}"`);
  const matchLabels = { ...namespaceSelector.matchLabels, [name]: isGateway ? gateway.namespace : mesh.namespace };
  return { ...rewritten, namespaceSelector: { matchLabels } };
}
