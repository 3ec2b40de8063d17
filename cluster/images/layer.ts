import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { cacheFolder, keyOf, partialName, removeAbandoned } from '../toolchain/cache.ts';

/** One path in an image. `source` is a file on this machine, whose owner and times are ignored. */
export type Entry = { readonly path: string } & (
  | { readonly kind: 'file'; readonly source: string; readonly executable?: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly executable?: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly mode?: number; readonly owner?: number }
);

/** An OCI layer: an uncompressed tar, so its digest is also its diff id. */
export interface Layer {
  readonly digest: `sha256:${string}`;
  readonly sizeBytes: number;
  readonly file: string;
}

const blobs = join(cacheFolder, 'blobs', 'sha256');
const keys = join(cacheFolder, 'blobs', 'keys');

/**
 * Packs entries into a layer, unless the cache has it. The digest depends only on paths, contents and modes, because
 * entries are sorted, and times and owners are zero.
 */
export async function packLayer(entries: readonly Entry[]): Promise<Layer> {
  const found = await findLayer(entries);
  if (found) return found;
  const sorted = withParents(entries);
  const packed = await writeLayer(sorted);
  await mkdir(keys, { recursive: true });
  await writeFile(await keyFileOf(sorted), JSON.stringify({ digest: packed.digest, sizeBytes: packed.sizeBytes }));
  return packed;
}

/**
 * The cache's layer of these entries; undefined if they were not packed yet. The layer is found by the names, sizes and
 * change times of the sources, without reading them.
 */
export async function findLayer(entries: readonly Entry[]): Promise<Layer | undefined> {
  const known = await readFile(await keyFileOf(withParents(entries)), 'utf8').catch(() => undefined);
  if (!known) return undefined;
  const layer = JSON.parse(known) as Omit<Layer, 'file'>;
  const file = blobFile(layer.digest);
  const size = await stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
  return size === layer.sizeBytes ? { ...layer, file } : undefined;
}

async function keyFileOf(sorted: readonly Entry[]): Promise<string> {
  return join(keys, keyOf(...(await Promise.all(sorted.map(identityOf)))));
}

/** The cache's file for the blob of a digest. */
function blobFile(digest: string): string {
  return join(blobs, digest.replace('sha256:', ''));
}

/** Every file and link below a folder of this machine, placed below `path` in the image. */
export async function folderEntries(
  path: string,
  source: string,
  keep: (file: string) => boolean = () => true,
): Promise<Entry[]> {
  const found = await readdir(source, { recursive: true, withFileTypes: true });
  const entries = await Promise.all(
    found.map(async (entry): Promise<Entry | undefined> => {
      const file = join(entry.parentPath, entry.name);
      const relative = file.slice(source.length + 1);
      if (!keep(relative)) return undefined;
      const inImage = posix.join(path, relative);
      if (entry.isSymbolicLink()) return { kind: 'link', path: inImage, target: await readlink(file) };
      if (!entry.isFile()) return undefined;
      const { mode } = await stat(file);
      return { kind: 'file', path: inImage, source: file, executable: (mode & 0o111) !== 0 };
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

function withParents(entries: readonly Entry[]): Entry[] {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    for (let parent = dirname(entry.path); parent !== '/' && !byPath.has(parent); parent = dirname(parent)) {
      byPath.set(parent, { kind: 'folder', path: parent });
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function identityOf(entry: Entry): Promise<string> {
  if (entry.kind !== 'file') return JSON.stringify(entry);
  const { size, ctimeMs, ino } = await stat(entry.source);
  return JSON.stringify([entry, size, ctimeMs, ino]);
}

async function writeLayer(entries: readonly Entry[]): Promise<Layer> {
  await mkdir(blobs, { recursive: true });
  await removeAbandoned(blobs);
  const temporary = partialName(join(blobs, 'layer'));
  const tar = pack();
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  const written = pipeline(tar as AsyncIterable<Uint8Array>, measure, createWriteStream(temporary));
  for (const entry of entries) await addEntry(tar, entry);
  tar.finalize();
  await written;
  const digest = `sha256:${hash.digest('hex')}` as const;
  await rename(temporary, blobFile(digest));
  return { digest, sizeBytes, file: blobFile(digest) };
}

async function addEntry(tar: Pack, entry: Entry): Promise<void> {
  const common = { name: entry.path.slice(1), mtime: new Date(0), uid: 0, gid: 0 };
  if (entry.kind === 'folder') {
    const owner = entry.owner ?? 0;
    tar.entry({ ...common, type: 'directory', mode: entry.mode ?? 0o755, uid: owner, gid: owner });
  } else if (entry.kind === 'link') {
    tar.entry({ ...common, type: 'symlink', linkname: entry.target });
  } else if (entry.kind === 'text') {
    tar.entry({ ...common, mode: entry.executable ? 0o755 : 0o644 }, entry.text);
  } else {
    const { size } = await stat(entry.source);
    const sink = tar.entry({ ...common, size, mode: entry.executable ? 0o755 : 0o644 });
    await pipeline(createReadStream(entry.source, { highWaterMark: 1 << 20 }), sink);
  }
}
