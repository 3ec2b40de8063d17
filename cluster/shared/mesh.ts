/**
 * The Istio that our workloads run in: one that `make up` installs, in which mesh-wide settings are ours, or one that
 * others run, in which only our namespaces are.
 */
export type Mesh = OwnMesh | SharedMesh;

interface Redirection {
  /**
   * Whether istio-cni redirects the traffic of pods to their sidecars. Without it an init container of each pod does, with
   * capabilities that Pod Security forbids.
   */
  readonly hasCni: boolean;
}

interface OwnMesh extends Redirection {
  readonly kind: 'own';
}

export interface SharedMesh extends Redirection {
  readonly kind: 'shared';
  /** istiod's namespace. */
  readonly namespace: string;
  /** istiod's revision: `default`, or that of the label `istio.io/rev`. */
  readonly revision: string;
  /** Istio's version: `1.31.1`. */
  readonly version: string;
  /** The extension providers of its mesh config, such as `jaeger`. */
  readonly providers: readonly string[];
}

/** The mesh that `make up` installs on clusters of its own, and that the manifests of `make synth` are for. */
export const OWN_MESH: Mesh = { kind: 'own', hasCni: true };

/** Where the ingress gateway runs, and the label by which resources select its pods. */
export interface GatewayPlace {
  readonly namespace: string;
  readonly service: string;
  readonly label: string;
}

/** In the mesh of others the gateway has its own namespace and label: `ingressgateway` may select theirs. */
export function gatewayOf({ kind }: Pick<Mesh, 'kind'>): GatewayPlace {
  return kind === 'own'
    ? { namespace: 'istio-system', service: 'istio-ingressgateway', label: 'ingressgateway' }
    : { namespace: 'windlass-ingress', service: 'windlass-ingressgateway', label: 'windlass-ingressgateway' };
}

/** All namespaces that Windlass uses in such a mesh. Each is ours alone. */
export function namespacesOf(mesh: Mesh): readonly string[] {
  return [gatewayOf(mesh).namespace, 'observability', 'postgres', 'shop', 'partner'];
}

/** The labels by which istiod injects sidecars into the pods of a namespace. */
export function injectionLabels(mesh: Mesh): Readonly<Record<string, string>> {
  return mesh.kind === 'own' || mesh.revision === 'default'
    ? { 'istio-injection': 'enabled' }
    : { 'istio.io/rev': mesh.revision };
}
