import { losses, type Manifest } from './adapt-manifests.ts';
import { type Mesh, namespacesOf } from './mesh.ts';
import type { Istiod, StrimziOperator, Survey } from './survey.ts';

/** The versions of Istio and Strimzi that the manifests fit (docs/versions.md). */
const SUPPORTED = { istio: ['1.31', '1.32'], strimzi: ['1.2'] } as const;

/** What `make up` does on a cluster that others use, too. */
export interface Decision {
  readonly mesh: Mesh;
  /** `install`: an operator of our own, without what a Strimzi of others already has in the whole cluster. */
  readonly strimzi: { readonly kind: 'install'; readonly withGlobals: boolean } | { readonly kind: 'use' };
  /** What will be installed or used, for people. */
  readonly plan: readonly string[];
  /** Why it cannot be done, each with what to do about it. If there is one, nothing is changed. */
  readonly problems: readonly string[];
}

/** Decides by the facts alone. @param manifests the application's; their versions must be served */
export function decide(facts: Survey, manifests: readonly Manifest[], checkout: string): Decision {
  const isOurs = (namespace: string) => facts.namespaces.get(namespace)?.isOurs ?? false;
  const others = facts.controlPlanes.filter(({ namespace }) => !isOurs(namespace));
  const usable = others.filter((istiod) => isSupported(SUPPORTED.istio, istiod.version) && !istiod.isSelective);
  const chosen = usable.find(({ revision }) => revision === 'default') ?? usable[0];
  const mesh: Mesh = chosen ? { kind: 'shared', ...chosen } : { kind: 'own', hasCni: false };
  const foreignOperators = facts.operators.filter(({ namespace }) => !isOurs(namespace));
  const watching = foreignOperators.find(({ watches }) => watches.some((name) => name === '*' || name === 'shop'));
  const namespaces = namespacesOf(mesh);
  const made = namespaces.filter((name) => !facts.namespaces.has(name));
  return {
    mesh,
    strimzi: watching ? { kind: 'use' } : { kind: 'install', withGlobals: foreignOperators.length === 0 },
    plan: [
      ...(made.length > 0 ? [`creates the namespaces ${made.join(', ')}`] : []),
      chosen
        ? `uses the Istio ${chosen.version} in ${chosen.namespace} (revision ${chosen.revision}); installs an ingress ` +
          'gateway of its own, and no mesh-wide setting'
        : 'installs Istio in istio-system; its mesh-wide settings (strict mTLS, known hosts only) hold for its workloads',
      ...losses(mesh).map((loss) => `accepts that ${loss}`),
      watching
        ? `uses the Strimzi ${watching.version} in ${watching.namespace}, which watches shop`
        : 'installs a Strimzi that watches shop only',
      'installs Postgres, Jaeger, alerts and the application',
    ],
    problems: [
      ...namespaceProblems(facts, namespaces, checkout),
      ...(chosen ? [] : istioProblems(others, facts)),
      ...strimziProblems(watching),
      ...crdProblems(facts, manifests),
      ...facts.denied.map((action) => `you may not ${action}: \`kubectl auth can-i ${action}\` says no`),
    ],
  };
}

function namespaceProblems({ namespaces }: Survey, wanted: readonly string[], checkout: string): string[] {
  return wanted.flatMap((name) => {
    const { isOurs = true, isEnding = false } = namespaces.get(name) ?? {};
    if (isEnding) return [`the namespace ${name} is being deleted. Wait: kubectl wait --for=delete namespace/${name}`];
    if (isOurs) return [];
    return [
      `the namespace ${name} belongs to others. Use another cluster; or, if all in it may be changed and \`make down\` ` +
        `may delete it: kubectl label namespace ${name} windlass.dev/checkout=${checkout}`,
    ];
  });
}

function istioProblems(others: readonly Istiod[], { crds }: Survey): string[] {
  const range = SUPPORTED.istio.join(' or ');
  const unusable = others.map(({ namespace, revision, version, isSelective }) =>
    isSelective && isSupported(SUPPORTED.istio, version)
      ? `the Istio in ${namespace} (revision ${revision}) serves only the namespaces of its discoverySelectors: ` +
        'a cluster cannot have a second mesh that serves all'
      : `the Istio in ${namespace} (revision ${revision}) is ${version || 'of an unknown version'}; Windlass needs ${range}. ` +
        'Add a revision of that version',
  );
  if (unusable.length > 0) return unusable;
  const foreign = [...crds].filter(
    ([name, { release }]) => name.endsWith('.istio.io') && release !== 'istio-system/istio-base',
  );
  return foreign.length === 0
    ? []
    : [
        `the cluster has CRDs of an Istio but no istiod: ${foreign[0]?.[0]} and others. Install istiod ${range}, or delete them`,
      ];
}

function strimziProblems(operator: StrimziOperator | undefined): string[] {
  if (!operator || isSupported(SUPPORTED.strimzi, operator.version)) return [];
  return [
    `the Strimzi in ${operator.namespace}, which watches shop, is ${operator.version || 'of an unknown version'}; ` +
      `Windlass needs ${SUPPORTED.strimzi.join(' or ')}. Exclude shop from it, or upgrade it`,
  ];
}

/** Each CRD that the cluster has must serve the version that the manifests use. */
function crdProblems({ crds }: Survey, manifests: readonly Manifest[]): string[] {
  const used = new Map(manifests.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
  return [...used.values()].flatMap(({ apiVersion, kind }) => {
    const [group = '', version = ''] = apiVersion.split('/');
    const crd = [...crds].find(([name]) => name.endsWith(`.${group}`) && singular(name) === kind.toLowerCase());
    return !crd || crd[1].versions.includes(version)
      ? []
      : [`the CRD ${crd[0]} serves ${crd[1].versions.join(', ')}, and the manifests need ${version}. Upgrade its CRDs`];
  });
}

/** The kind in lower case, of a CRD's name: `virtualservice` of `virtualservices.networking.istio.io`. */
function singular(crd: string): string {
  const plural = crd.split('.')[0] ?? '';
  return plural.replace(/ies$/, 'y').replace(/s$/, '');
}

/** Whether a version is of one of the minors. A development version such as `1.32-dev` counts as its minor. */
function isSupported(minors: readonly string[], version: string): boolean {
  return minors.some((minor) => version === minor || new RegExp(`^${minor.replace('.', '\\.')}[.-]`).test(version));
}
