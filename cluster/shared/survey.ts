// cspell:ignore customresourcedefinitions distroless
import { parse } from 'yaml';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';

/** A control plane of Istio. */
export interface Istiod {
  readonly namespace: string;
  readonly revision: string;
  /** From its image's tag; empty if the tag is no version. */
  readonly version: string;
  /** Whether its mesh config limits the namespaces that it serves. */
  readonly isSelective: boolean;
  /** Whether it leaves the redirection of pods to istio-cni. */
  readonly hasCni: boolean;
  readonly providers: readonly string[];
}

/** An operator of Strimzi. */
export interface StrimziOperator {
  readonly namespace: string;
  readonly version: string;
  /** The namespaces that it watches; `*` is all. */
  readonly watches: readonly string[];
}

/** What a cluster has that concerns an installation. Only these facts decide what `make up` does with it. */
export interface Survey {
  /** The names of all namespaces, whether this checkout made them, and whether they are being deleted. */
  readonly namespaces: ReadonlyMap<string, { readonly isOurs: boolean; readonly isEnding: boolean }>;
  readonly controlPlanes: readonly Istiod[];
  readonly operators: readonly StrimziOperator[];
  /** The CRDs of Istio and Strimzi: `kafkas.kafka.strimzi.io` has the served versions, and the Helm release if any. */
  readonly crds: ReadonlyMap<string, { readonly versions: readonly string[]; readonly release: string }>;
  /** What the user may not do, of what an installation needs: `create namespaces`. */
  readonly denied: readonly string[];
}

interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly versions?: readonly { readonly name: string; readonly served: boolean }[];
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly image: string;
          readonly env?: readonly {
            readonly name: string;
            readonly value?: string;
            readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
          }[];
        }[];
      };
    };
  };
}

/** Reads the facts. Changes nothing. */
export async function survey(): Promise<Survey> {
  const [namespaces, deployments, crds, denied] = await Promise.all([
    list('namespaces'),
    list('deployments', '-A'),
    list('crds'),
    findDenied(),
  ]);
  return {
    namespaces: new Map(
      namespaces.map(({ metadata: { name, labels, deletionTimestamp } }) => [
        name,
        { isOurs: labels?.[CHECKOUT_LABEL] === clusterNameOf(root), isEnding: deletionTimestamp !== undefined },
      ]),
    ),
    controlPlanes: await Promise.all(
      deployments.filter(({ metadata }) => metadata.labels?.app === 'istiod').map(toIstiod),
    ),
    operators: deployments.flatMap(toStrimzi),
    crds: new Map(
      crds
        .filter(({ metadata: { name } }) => /\.(istio|strimzi)\.io$/.test(name))
        .map(({ metadata: { name, annotations = {} }, spec }) => [
          name,
          {
            versions: (spec?.versions ?? []).filter(({ served }) => served).map((version) => version.name),
            release: `${annotations['meta.helm.sh/release-namespace'] ?? ''}/${annotations['meta.helm.sh/release-name'] ?? ''}`,
          },
        ]),
    ),
    denied,
  };
}

async function list(kind: string, ...flags: string[]): Promise<readonly Item[]> {
  const { stdout } = await kubectl(['get', kind, ...flags, '-o', 'json']);
  return (JSON.parse(stdout) as { items: Item[] }).items;
}

async function toIstiod({ metadata, spec }: Item): Promise<Istiod> {
  const { namespace = '', labels = {} } = metadata;
  const revision = labels['istio.io/rev'] ?? 'default';
  const dataOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
    const suffix = revision === 'default' ? '' : `-${revision}`;
    const args = ['-n', namespace, 'get', 'configmap', `${name}${suffix}`, '--ignore-not-found', '-o', 'json'];
    const { stdout } = await kubectl(args);
    return stdout ? ((JSON.parse(stdout) as { data?: Record<string, string> }).data ?? {}) : {};
  };
  const { mesh = '' } = await dataOf('istio');
  const { values = '' } = await dataOf('istio-sidecar-injector');
  const injector = (parse(values) ?? {}) as { readonly pilot?: { readonly cni?: { readonly enabled?: boolean } } };
  const config = (parse(mesh) ?? {}) as {
    readonly discoverySelectors?: readonly unknown[];
    readonly extensionProviders?: readonly { readonly name: string }[];
  };
  return {
    namespace,
    revision,
    version: versionOf(spec?.template?.spec.containers[0]?.image),
    isSelective: (config.discoverySelectors?.length ?? 0) > 0,
    hasCni: injector.pilot?.cni?.enabled ?? false,
    providers: (config.extensionProviders ?? []).map((provider) => provider.name),
  };
}

/**
 * The operator's container says by STRIMZI_NAMESPACE what it watches: without a value, everything. From a field that is
 * not its own namespace, such as OLM's annotation, it may be everything.
 */
function toStrimzi({ metadata: { namespace = '' }, spec }: Item): StrimziOperator[] {
  return (spec?.template?.spec.containers ?? []).flatMap(({ image, env = [] }) => {
    if (!env.some(({ name }) => name === 'STRIMZI_NAMESPACE' || name === 'STRIMZI_KAFKA_IMAGES')) return [];
    const { value = '', valueFrom } = env.find(({ name }) => name === 'STRIMZI_NAMESPACE') ?? {};
    const isOwn = valueFrom?.fieldRef?.fieldPath === 'metadata.namespace';
    const watches = isOwn ? [namespace] : value.trim() ? value.trim().split(/\s*,+\s*/) : ['*'];
    return [{ namespace, version: versionOf(image), watches }];
  });
}

/** `1.31.1` of `docker.io/istio/pilot:1.31.1-distroless`. */
function versionOf(image = ''): string {
  return image.match(/:(\d+\.\d+[^@]*)(@sha256:.*)?$/)?.[1]?.replace(/-distroless$/, '') ?? '';
}

/** What every installation does. What a part needs besides is left to Helm, whose error names it. */
const NEEDED = [
  ['create', 'namespaces'],
  ['delete', 'namespaces'],
  ['create', 'secrets', '-n', 'shop'],
  ['create', 'deployments.apps', '-n', 'shop'],
  ['create', 'networkpolicies.networking.k8s.io', '-n', 'shop'],
  ['create', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['create', 'clusterroles.rbac.authorization.k8s.io'],
] as const;

async function findDenied(): Promise<readonly string[]> {
  const answers = await Promise.all(
    NEEDED.map(async (action) => {
      const { exitCode } = await kubectl(['auth', 'can-i', ...action], { tolerant: true });
      return exitCode === 0 ? [] : [action.join(' ')];
    }),
  );
  return answers.flat();
}
