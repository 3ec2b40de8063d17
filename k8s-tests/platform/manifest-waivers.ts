import type { Waiver } from './findings.ts';

/**
 * Accepted findings of third-party tools, each with the objects and the reason. If no finding needs a waiver any more,
 * manifests.cluster.test.ts fails. `what` and objects are those of linters.ts: kube-score's and checkov's check and
 * message in `dev Deployment shop/orders`, istioctl's code in its own description of the object.
 */
const waive = (what: string, objects: RegExp, reason: string): Waiver => ({ what, objects, reason });

const CPU = 'CPU has no limit: throttling would look like a slow dependency and open its breaker';
const PULL = 'tags are pinned and never move; with Always, no pod could start while the registry is unavailable';
const TAG = 'the tag of an image that is built here; prod accepts a digest only';
const IMAGE_OF_CHART = 'a pinned version; on native, the image is packed from checked packages and has no registry';
const LAPTOP = 'a laptop runs it, where all pods share the free memory';
const ONE_NODE = 'a laptop has one node, and a second pod on it would not survive its failure';
const USER = "the user of the image, whose files are that user's";
const TWO_WRITERS = 'two of them would each hold half of the data';
const NO_POLICY =
  'NetworkPolicies bound the namespaces of our services and of what they use; Kubernetes bounds the rest';
const ANY_EGRESS =
  'istiod also reaches the API server and issuers of tokens, and the gateway the services, which admit it';
const NO_PROBE = 'nothing that a restart would mend: the readiness probe or the exit of the process says what is wrong';
const NODE_AGENT = "it sets up the network of pods on each node, which needs the node's files and capabilities";
const AGENT = 'of the agent, whose probe istiod injects; without its certificate Prometheus does not start';
const TOKEN = 'it works on the API server, with the rights of its Role';

const istioSystem = /^charts \w+ istio-system\//;
const cni = /^charts DaemonSet kube-system\/istio-cni-node\b/;
const prometheus = /^charts Deployment observability\/prometheus$/;
const injected = /^charts \w+ (istio-system\/istio-ingressgateway|observability\/prometheus)\b/;

const kubeScore: readonly Waiver[] = [
  waive('container-resources: CPU limit is not set', /./, CPU),
  waive('container-cpu-requests-equal-limits: CPU requests does not match limits', /./, CPU),
  waive('container-resource-requests-equal-limits: CPU requests does not match limits', /./, CPU),
  waive('container-image-pull-policy: ImagePullPolicy is not set to Always', /./, PULL),
  waive(
    "networkpolicy-targets-pod: The NetworkPolicys selector doesn't match any pods",
    / NetworkPolicy shop\/commands$/,
    'the pods that it is for exist only while a command of an operator runs',
  ),
  waive('container-memory-requests-equal-limits: Memory requests does not match limits', /^(dev|charts) /, LAPTOP),
  waive('container-resource-requests-equal-limits: Memory requests does not match limits', /^(dev|charts) /, LAPTOP),
  waive('deployment-replicas: Deployment few replicas', /^dev |^charts Deployment istio-system\//, ONE_NODE),
  waive(
    'deployment-replicas: Deployment few replicas',
    /^charts Deployment observability\/(jaeger|prometheus)$/,
    TWO_WRITERS,
  ),
  waive(
    'deployment-strategy: Deployment update strategy',
    /^charts Deployment observability\/(jaeger|prometheus)$/,
    TWO_WRITERS,
  ),
  waive(
    'container-image-tag: Image with latest tag',
    injected,
    'a placeholder: the injector puts the pinned image there',
  ),
  waive(
    'container-security-context-user-group-id: The container is running with a low user ID',
    /^charts \w+ (istio-system|postgres)\//,
    USER,
  ),
  waive(
    'container-security-context-user-group-id: The container running with a low group ID',
    /^charts \w+ (istio-system|postgres)\//,
    USER,
  ),
  waive('pod-networkpolicy: The pod does not have a matching NetworkPolicy', /^charts /, NO_POLICY),
  waive('pod-networkpolicy: The pod does not have a matching egress NetworkPolicy', istioSystem, ANY_EGRESS),
  waive('container-security-context-user-group-id: The container is running with a low user ID', cni, NODE_AGENT),
  waive('container-security-context-user-group-id: The container running with a low group ID', cni, NODE_AGENT),
  waive(
    'container-security-context-readonlyrootfilesystem: The pod has a container with a writable root filesystem',
    cni,
    NODE_AGENT,
  ),
  waive('pod-probes: Container is missing a livenessProbe', istioSystem, NO_PROBE),
  waive(
    'pod-probes-identical: Container has the same readiness and liveness probe',
    /^charts Deployment observability\/jaeger$/,
    'it has one health endpoint; the liveness probe allows a minute, the readiness probe fifteen seconds',
  ),
  waive(
    'service-type: The service is of type NodePort',
    /^charts Service (istio-system\/istio-ingressgateway|observability\/(jaeger-query|prometheus))$/,
    'the ports that native and kind open on loopback; an existing cluster gets ClusterIP',
  ),
  waive(
    'statefulset-has-servicename: StatefulSet does not have a valid serviceName',
    /^charts StatefulSet postgres\/postgres$/,
    'one server, which clients reach by the address of its Service: no pod needs a name of its own',
  ),
];

const checkov: readonly Waiver[] = [
  waive('CKV_K8S_11: CPU limits should be set', /./, CPU),
  waive('CKV_K8S_15: Image Pull Policy should be Always', /./, PULL),
  waive('CKV_K8S_43: Image should use digest', /^dev /, TAG),
  waive('CKV_K8S_43: Image should use digest', /^charts /, IMAGE_OF_CHART),
  waive(
    'CKV_K8S_40: Containers should run as a high UID to avoid host conflict',
    /^charts \w+ (istio-system|postgres)\//,
    USER,
  ),
  waive(
    'CKV_K8S_14: Image Tag should be fixed - not latest or blank',
    injected,
    'a placeholder: the injector puts the pinned image there',
  ),
  waive('CKV_K8S_8: Liveness Probe Should be Configured', /^charts Deployment (istio-system|shop)\//, NO_PROBE),
  waive('CKV_K8S_8: Liveness Probe Should be Configured', cni, NO_PROBE),
  waive('CKV_K8S_8: Liveness Probe Should be Configured', prometheus, AGENT),
  waive('CKV_K8S_9: Readiness Probe Should be Configured', prometheus, AGENT),
  waive(
    'CKV_K8S_9: Readiness Probe Should be Configured',
    /^charts StatefulSet postgres\/postgres$/,
    'of the exporter, whose failure must not take the server beside it out of its Service',
  ),
  waive('CKV_K8S_20: Containers should not run with allowPrivilegeEscalation', cni, NODE_AGENT),
  waive('CKV_K8S_22: Use read-only filesystem for containers where possible', cni, NODE_AGENT),
  waive('CKV_K8S_23: Minimize the admission of root containers', cni, NODE_AGENT),
  waive('CKV_K8S_25: Minimize the admission of containers with added capability', cni, NODE_AGENT),
  waive('CKV_K8S_29: Apply security context to your pods and containers', cni, NODE_AGENT),
  waive('CKV_K8S_38: Ensure that Service Account Tokens are only mounted where necessary', cni, TOKEN),
  waive('CKV_K8S_39: Do not use the CAP_SYS_ADMIN linux capability', cni, NODE_AGENT),
  waive('CKV_K8S_40: Containers should run as a high UID to avoid host conflict', cni, NODE_AGENT),
  waive(
    'CKV_K8S_9: Readiness Probe Should be Configured',
    /^charts Deployment shop\/strimzi-cluster-operator$/,
    NO_PROBE,
  ),
  waive(
    'CKV_K8S_38: Ensure that Service Account Tokens are only mounted where necessary',
    /^charts Deployment (istio-system\/|local-path-storage\/|shop\/strimzi-cluster-operator$)/,
    TOKEN,
  ),
  waive(
    'CKV_K8S_29: Apply security context to your pods and containers',
    /^charts Deployment istio-system\/istiod$/,
    "Istio's own chart sets it for the container, and has no value for the pod's",
  ),
  waive(
    'CKV_K8S_49: Minimize wildcard use in Roles and ClusterRoles',
    /^charts ClusterRole default\/istio-reader-clusterrole-istio-system$/,
    "Istio's own chart: a reader for other clusters of a mesh, whose account we do not create",
  ),
  waive(
    'CKV_K8S_155: Minimize ClusterRoles that grant control over validating or mutating admission webhook configurations',
    /^charts ClusterRole default\/istiod-clusterrole-istio-system$/,
    "Istio's own chart: istiod writes its authority into the webhooks that inject sidecars and check its resources",
  ),
  waive(
    'CKV2_K8S_5: No ServiceAccount/Node should be able to read all secrets',
    /^charts RoleBinding istio-system\/istio-ingressgateway$/,
    "Istio's own chart: istiod hands a gateway the certificates in the Secrets that its account may read",
  ),
];

const ENVOY_FILTER =
  "only an EnvoyFilter can set an ejection's duration and failure rate, and the gateway's limits; tests read or try each";

const DENIES_TCP =
  'the gateway serves no TCP, and a policy of customers for stated ports would open any port that is not among them';

export const waivers = {
  'kube-score': kubeScore,
  checkov,
  'API server': [
    waive(
      'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
      /./,
      ENVOY_FILTER,
    ),
    waive(
      'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
      /\/dev$/,
      DENIES_TCP,
    ),
  ],
  istioctl: [waive('IST0133', /./, ENVOY_FILTER)],
  istioctlInCluster: [
    waive('IST0133', /./, ENVOY_FILTER),
    waive(
      'IST0102',
      /^Namespace observability: /,
      'Prometheus asks for an agent by its label; its neighbors need none',
    ),
  ],
} as const satisfies Record<string, readonly Waiver[]>;
