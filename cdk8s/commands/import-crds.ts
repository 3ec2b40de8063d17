import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

/**
 * Generates cdk8s/imports/ from the CRDs with `cdk8s import`: `npm run import`, needed only when Istio's or Strimzi's
 * pin moves. Only the kinds and the version we emit are imported, so that what is committed stays reviewable.
 */

const CDK8S_CLI = 'cdk8s-cli@2.207.60';
/** The version we emit, or the only one that there is (EnvoyFilter's). */
const VERSION = 'v1';
const KINDS = new Set([
  ...['VirtualService', 'DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar', 'EnvoyFilter'],
  ...['PeerAuthentication', 'RequestAuthentication', 'AuthorizationPolicy', 'Telemetry'],
  ...['Kafka', 'KafkaNodePool', 'KafkaTopic', 'KafkaUser'],
]);

/**
 * Properties without a type here, at any depth. Subsets and port-level settings inherit nothing of their
 * DestinationRule (budgets get lost), so the types do not offer them; the others are Strimzi features that we do not
 * use.
 */
const LEFT_OUT = new Set([
  ...['status', 'subsets', 'portLevelSettings'],
  ...['cruiseControl', 'kafkaExporter', 'affinity', 'volumes', 'securityContext', 'jmxOptions', 'logging'],
]);

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
}

interface CustomResourceDefinition {
  spec: {
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

const outFolder = join(import.meta.dirname, '../imports');
const root = join(import.meta.dirname, '../..');

function istioCrdFile(): string {
  const cwd = join(root, 'cluster/toolchain/istio');
  const moduleFolder = execFileSync('go', ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', 'istio.io/istio'], { cwd });
  return join(moduleFolder.toString().trim(), 'manifests/charts/base/files/crd-all.gen.yaml');
}

function strimziCrdFiles(): string[] {
  const folder = join(root, 'charts/strimzi/crds');
  return readdirSync(folder).map((file) => join(folder, file));
}

function prune(schema: Schema): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (LEFT_OUT.has(name)) delete schema.properties?.[name];
    else prune(property);
  }
  if (schema.items) prune(schema.items);
}

function pick(files: string[]): CustomResourceDefinition[] {
  const crds = files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .flatMap((document): CustomResourceDefinition[] => document.toJS() ?? [])
    .filter(({ spec }) => KINDS.has(spec.names.kind));
  for (const { spec } of crds) {
    spec.versions = spec.versions.filter(({ name }, _, all) => all.length === 1 || name === VERSION);
    for (const version of spec.versions) prune(version.schema.openAPIV3Schema);
  }
  return crds;
}

/**
 * cdk8s-cli writes enums, parameter properties and untyped type imports; this repository allows erasable syntax only.
 */
export function makeErasable(source: string): string {
  return source
    .replace(/^export enum (\w+) \{([^}]*)\}/gm, (_, name: string, body: string) => {
      const values = [...body.matchAll(/= ("[^"]*")/g)].map(([, value]) => `\n  | ${value}`);
      return `export type ${name} =${values.join('')};`;
    })
    .replace(
      /private constructor\(public readonly value: ([^)]+)\) \{\s*\}/g,
      (_, type: string) =>
        `private constructor(value: ${type}) { this.value = value; }\n  public readonly value: ${type};`,
    )
    .replace(
      '{ ApiObject, ApiObjectMetadata, GroupVersionKind }',
      '{ ApiObject, type ApiObjectMetadata, type GroupVersionKind }',
    )
    .replaceAll(/([:,] )any\b/g, '$1unknown')
    .replace('import { Construct }', 'import type { Construct }');
}

function main(): void {
  const crdFile = join(mkdtempSync(join(tmpdir(), 'windlass-crds-')), 'crds.yaml');
  writeFileSync(
    crdFile,
    pick([istioCrdFile(), ...strimziCrdFiles()])
      .map((crd) => stringify(crd))
      .join('---\n'),
  );
  rmSync(outFolder, { recursive: true, force: true });
  const options = ['--output', outFolder, '--language', 'typescript', '--check-upgrade', 'false', '--save', 'false'];
  execFileSync('npx', ['--yes', CDK8S_CLI, 'import', crdFile, ...options], { stdio: 'inherit' });
  for (const file of readdirSync(outFolder).map((name) => join(outFolder, name))) {
    writeFileSync(file, makeErasable(readFileSync(file, 'utf8')));
  }
}

if (import.meta.main) main();
