import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { root } from '../paths.ts';
import { adaptManifests, type Manifest } from './adapt-manifests.ts';
import { namespacesOf, OWN_MESH, type SharedMesh } from './mesh.ts';

const mesh: SharedMesh = {
  kind: 'shared',
  namespace: 'mesh-of-others',
  revision: 'canary',
  version: '1.31.1',
  providers: [],
  hasCni: true,
};
const folder = mkdtempSync(join(tmpdir(), 'windlass-adapt-'));
let source: Manifest[];
let adapted: readonly Manifest[];
beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'synth', '--', '--env', 'dev', '--out', folder], { cwd: root });
  source = readdirSync(join(folder, 'dev'))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, 'dev', file), 'utf8')))
    .flatMap((document) => (document.toJS() as Manifest | null) ?? []);
  adapted = adaptManifests(mesh, source);
});
afterAll(() => rmSync(folder, { recursive: true }));

const named = (kind: string, name?: string) =>
  adapted.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
const namespaces = (kind: string, name?: string) => named(kind, name).map(({ metadata }) => metadata.namespace);

test('in a mesh of our own the manifests stay as they are', () =>
  expect(adaptManifests(OWN_MESH, source)).toBe(source));

test('in the mesh of others every object is in a namespace of ours, and nothing names the root namespace', () => {
  const ours = new Set(namespacesOf(mesh));
  const outside = adapted.filter(
    ({ kind, metadata }) => !ours.has(kind === 'Namespace' ? metadata.name : (metadata.namespace ?? '')),
  );
  expect(outside).toEqual([]);
  expect(JSON.stringify(adapted)).not.toMatch(/istio-system|"istio":"ingressgateway"/);
});

test("without istio-cni a namespace with sidecars admits their init containers, and a partner's stays restricted", () => {
  const levels = (manifests: readonly Manifest[]) =>
    Object.fromEntries(
      manifests
        .filter(({ kind }) => kind === 'Namespace')
        .map(({ metadata }) => [metadata.name, metadata.labels?.['pod-security.kubernetes.io/enforce']]),
    );
  expect(levels(adapted)).toEqual({ shop: 'restricted', partner: 'restricted' });
  for (const without of [{ kind: 'own', hasCni: false } as const, { ...mesh, hasCni: false }])
    expect(levels(adaptManifests(without, source))).toEqual({ shop: 'privileged', partner: 'restricted' });
});

test('what is mesh-wide in our mesh holds for our namespaces', () => {
  expect(named('PeerAuthentication')[0]?.spec).toEqual({ mtls: { mode: 'STRICT' } });
  expect(namespaces('PeerAuthentication')).toEqual(['shop', 'windlass-ingress']);
  for (const name of ['allow-nothing', 'deny-admin'])
    expect(namespaces('AuthorizationPolicy', name)).toEqual(['shop', 'windlass-ingress']);
  const annotations = named('Deployment').map(({ metadata, spec }) => [
    metadata.namespace,
    JSON.stringify(spec).includes('\\"ISTIO_META_DNS_CAPTURE\\":\\"true\\"'),
  ]);
  expect(annotations).toContainEqual(['shop', true]);
  expect(annotations.filter(([namespace, isSet]) => (namespace === 'shop') !== isSet)).toEqual([]);
});

test('every sidecar allows known hosts only, and every route states its retries, so no mesh-wide default applies', () => {
  const sidecars = named('Sidecar');
  expect(sidecars.length).toBeGreaterThan(5);
  for (const { spec } of sidecars) expect(spec?.outboundTrafficPolicy).toEqual({ mode: 'REGISTRY_ONLY' });
  const routes = named('VirtualService').flatMap(({ spec }) => spec?.http as { retries?: { attempts?: number } }[]);
  expect(routes.length).toBeGreaterThan(5);
  for (const route of routes) expect(route.retries?.attempts).toBeTypeOf('number');
});

test('the gateway of others is not selected: ours has a namespace and a label of its own', () => {
  expect(named('Gateway')[0]?.spec?.selector).toEqual({ istio: 'windlass-ingressgateway' });
  expect(namespaces('EnvoyFilter', 'edge-headers')).toEqual(['windlass-ingress']);
  expect(JSON.stringify(named('NetworkPolicy', 'orders'))).toContain(
    '"kubernetes.io/metadata.name":"windlass-ingress"}},"podSelector":{"matchLabels":{"istio":"windlass-ingressgateway"',
  );
});

test("the gateway's identity is that of our gateway there, and its namespace knows the gateway's routes", () => {
  expect(JSON.stringify(named('AuthorizationPolicy', 'orders'))).toContain(
    '"cluster.local/ns/windlass-ingress/sa/windlass-ingressgateway"',
  );
  expect(namespaces('AuthorizationPolicy', 'ingressgateway')).toEqual(['windlass-ingress']);
  for (const kind of ['VirtualService', 'DestinationRule'])
    expect(named(kind, 'orders')[0]?.spec?.exportTo).toEqual(['windlass-ingress']);
});

test('sidecars may reach the istiod of the mesh, and get its revision', () => {
  expect(JSON.stringify(named('NetworkPolicy', 'orders'))).toContain('"kubernetes.io/metadata.name":"mesh-of-others"');
  expect(named('Namespace', 'shop')[0]?.metadata.labels).toMatchObject({ 'istio.io/rev': 'canary' });
  expect(named('Namespace', 'partner')[0]?.metadata.labels).toMatchObject({ 'istio-injection': 'disabled' });
  const [shop] = adaptManifests({ ...mesh, revision: 'default' }, source).filter(
    ({ metadata }) => metadata.name === 'shop',
  );
  expect(shop?.metadata.labels).toMatchObject({ 'istio-injection': 'enabled' });
});

test('tracing is stated only if the mesh has our provider, because istiod rejects one that it does not know', () => {
  expect(named('Telemetry')).toEqual([]);
  const traced = adaptManifests({ ...mesh, providers: ['jaeger'] }, source).filter(({ kind }) => kind === 'Telemetry');
  expect(traced.map(({ metadata }) => metadata.namespace)).toEqual(['shop', 'windlass-ingress']);
});

test('namespaces come first, so that one apply is enough', () => {
  const last = adapted.findLastIndex(({ kind }) => kind === 'Namespace');
  expect(adapted.slice(0, last + 1).every(({ kind }) => kind === 'Namespace')).toBe(true);
});
