import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { root } from '../paths.ts';
import { versions } from '../versions.ts';
import { npmPackages, type Package, purlOf, toolchainPackages } from './packages.ts';

/** What is known of an image's system: the packages of its base. */
export interface ImageSystem {
  /** `sha256:…`. */
  readonly digest: string;
  readonly packages: readonly Package[];
}

/** Everything that this repository takes from elsewhere to build, test and run: the lockfile and the toolchain. */
export async function repositoryDocument(): Promise<string> {
  const { name, version } = await ownPackage();
  const own = new Models.Component(Enums.ComponentType.Application, name, { version, bomRef: name });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: own }) });
  addPackages(bom, own, await npmPackages());
  for (const [tool, packages] of await toolchainPackages()) {
    const part = new Models.Component(Enums.ComponentType.Application, `toolchain/${tool}`, {
      bomRef: `toolchain/${tool}`,
    });
    bom.components.add(part);
    own.dependencies.add(part.bomRef);
    addPackages(bom, part, packages);
  }
  return serialize(bom);
}

/**
 * What is in the services' image: the packages of production, Node, and the packages of the base image.
 * @param system without it, the base image is one component, whose contents the document does not state
 */
export async function imageDocument(system?: ImageSystem): Promise<string> {
  const { name, version } = await ownPackage();
  const own = new Models.Component(Enums.ComponentType.Container, `${name}/services`, { version, bomRef: 'image' });
  const [algorithm, digest] = system?.digest.split(':') ?? [];
  if (algorithm === 'sha256' && digest) own.hashes.set(Enums.HashAlgorithm['SHA-256'], digest);
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: own }) });
  // What `npm ci --omit=dev --omit=optional` installs.
  addPackages(bom, own, await npmPackages(({ dev, optional }) => !dev && !optional));
  const base = await baseImage();
  addPackages(bom, own, [{ purl: purlOf('generic', 'node', versions.node), name: 'node', version: versions.node }]);
  bom.components.add(base);
  own.dependencies.add(base.bomRef);
  addPackages(bom, base, system?.packages ?? []);
  return serialize(bom);
}

async function baseImage(): Promise<Models.Component> {
  const dockerfile = await readFile(join(root, 'services/Dockerfile'), 'utf8');
  const [, name = '', version = ''] = dockerfile.match(/^FROM ([\w/-]+):(\S+)$/m) ?? [];
  const purl = purlOf('docker', name, version);
  return new Models.Component(Enums.ComponentType.Container, name, { version, purl, bomRef: purl });
}

async function ownPackage(): Promise<{ name: string; version: string }> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { name: string; version: string };
}

/** A license is an SPDX id, an SPDX expression of several, or a name. */
const licenses = new Contrib.License.Factories.LicenseFactory((text) => {
  if (!/^\(?[\w.+-]+( (AND|OR|WITH) [\w.+-]+)+\)?$/.test(text)) throw new Error(`no SPDX expression: ${text}`);
});

/** Adds packages that the document may already have, as dependencies of a component. */
function addPackages(bom: Models.Bom, of: Models.Component, packages: readonly Package[]): void {
  const known = new Map([...bom.components].map((component) => [component.bomRef.value, component]));
  for (const { purl, name, version, hash, license } of packages) {
    const component =
      known.get(purl) ?? new Models.Component(Enums.ComponentType.Library, name, { version, purl, bomRef: purl });
    if (hash) component.hashes.set(Enums.HashAlgorithm[hash.algorithm], hash.value);
    if (license && component.licenses.size === 0) component.licenses.add(licenses.makeFromString(license));
    bom.components.add(component);
    known.set(purl, component);
  }
  for (const { purl, needs, isIndirect } of packages) {
    const component = known.get(purl);
    if (!component) continue;
    if (!isIndirect) of.dependencies.add(component.bomRef);
    for (const need of needs ?? []) {
      const needed = known.get(need);
      if (needed) component.dependencies.add(needed.bomRef);
    }
  }
}

/** Without serial number and time, and sorted: the same input gives the same document. */
function serialize(bom: Models.Bom): string {
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}
