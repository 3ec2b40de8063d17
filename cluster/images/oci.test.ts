import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { packLayer } from './layer.ts';
import { assemble, type Image, writeArchive } from './oci.ts';

async function image(code: string): Promise<Image> {
  const runtime = await packLayer([{ kind: 'text', path: '/usr/bin/runtime', text: 'the same for all' }]);
  const own = await packLayer([{ kind: 'text', path: '/app/main.ts', text: code }]);
  return assemble('docker.io/windlass/test:dev', [runtime, own], { entrypoint: ['runtime'], user: '10001:10001' });
}

async function filesOf(images: readonly Image[], present: ReadonlySet<string>): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      files.set(header.name, Buffer.concat(chunks).toString());
      next();
    });
  });
  const pipe = new PassThrough();
  await Promise.all([writeArchive(images, present, pipe), pipeline(pipe, reader)]);
  return files;
}

test('the same input gives the same image digest, and other code a different one', async () => {
  expect((await image('a')).digest).toBe((await image('a')).digest);
  expect((await image('a')).digest).not.toBe((await image('b')).digest);
});

test('an archive holds every blob that its index and manifest name', async () => {
  const one = await image('a');
  const files = await filesOf([one], new Set());
  const index = JSON.parse(files.get('index.json') ?? '') as { manifests: { digest: string }[] };
  expect(index.manifests.map(({ digest }) => digest)).toEqual([one.digest]);
  const manifest = JSON.parse(files.get(`blobs/${one.digest.replace(':', '/')}`) ?? '') as {
    config: { digest: string };
    layers: { digest: string; size: number }[];
  };
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    expect(files.has(`blobs/${digest.replace(':', '/')}`), digest).toBe(true);
  }
});

test('after a code change only the code, the config and the manifest are sent again', async () => {
  const old = await image('a');
  const present = new Set([...old.layers.map(({ digest }) => digest), ...old.documents.map(({ digest }) => digest)]);
  const edited = await image('b');
  const blobs = [...(await filesOf([edited], present)).keys()].filter((name) => name.startsWith('blobs/'));
  const code = edited.layers[1]?.digest ?? '';
  expect(blobs.sort()).toEqual(
    [code, ...edited.documents.map(({ digest }) => digest)].map((digest) => `blobs/${digest.replace(':', '/')}`).sort(),
  );
});
