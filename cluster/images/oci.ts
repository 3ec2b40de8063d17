import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Layer } from './layer.ts';

/** What a container of the image runs, as in OCI's image config. Paths and users are those of the image. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  /** `uid:gid`. Default: root. */
  readonly user?: string;
  readonly workingDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A packed image: its name, the digest of its content, and its parts in the cache. */
export interface Image {
  readonly name: string;
  readonly digest: string;
  readonly layers: readonly Layer[];
  readonly documents: readonly Document[];
}

interface Document {
  readonly digest: string;
  readonly text: string;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Assembles layers and config to an OCI image. The same input gives the same digest. */
export function assemble(name: string, layers: readonly Layer[], config: ImageConfig): Image {
  const configDocument = documentOf({
    architecture: 'amd64',
    os: 'linux',
    config: {
      Entrypoint: config.entrypoint,
      Env: Object.entries({ PATH, ...config.env }).map(([key, value]) => `${key}=${value}`),
      ...(config.user && { User: config.user }),
      ...(config.workingDir && { WorkingDir: config.workingDir }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = documentOf({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', configDocument.digest, configDocument.text.length),
    layers: layers.map(({ digest, sizeBytes }) =>
      descriptor('application/vnd.oci.image.layer.v1.tar', digest, sizeBytes),
    ),
  });
  return { name, digest: manifest.digest, layers, documents: [configDocument, manifest] };
}

/**
 * Writes images as one OCI archive for `ctr images import`. It omits the blobs in `present`, which the store has, so
 * that a code change sends kilobytes only.
 */
export async function writeArchive(
  images: readonly Image[],
  present: ReadonlySet<string>,
  sink: Writable,
): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, sink);
  const index = images.map((image) => {
    const manifest = image.documents.at(-1)?.text ?? '';
    return {
      ...descriptor('application/vnd.oci.image.manifest.v1+json', image.digest, manifest.length),
      annotations: { 'io.containerd.image.name': image.name },
    };
  });
  tar.entry({ name: 'oci-layout' }, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  tar.entry({ name: 'index.json' }, JSON.stringify({ schemaVersion: 2, manifests: index }));
  const sent = new Set(present);
  for (const image of images) {
    for (const { digest, text } of image.documents)
      if (isNew(sent, digest)) tar.entry({ name: blobName(digest) }, text);
    for (const { digest, sizeBytes, file } of image.layers) {
      if (isNew(sent, digest))
        await pipeline(createReadStream(file), tar.entry({ name: blobName(digest), size: sizeBytes }));
    }
  }
  tar.finalize();
  await written;
}

function documentOf(value: object): Document {
  const text = JSON.stringify(value);
  return { digest: `sha256:${createHash('sha256').update(text).digest('hex')}`, text };
}

function descriptor(mediaType: string, digest: string, size: number) {
  return { mediaType, digest, size };
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function isNew(seen: Set<string>, digest: string): boolean {
  if (seen.has(digest)) return false;
  seen.add(digest);
  return true;
}
