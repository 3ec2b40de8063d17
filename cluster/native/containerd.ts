import { spawn } from 'node:child_process';
import { type Image, writeArchive } from '../images/oci.ts';
import { CommandError, run } from '../run.ts';
import type { Node } from './node.ts';

/** Arguments for a `ctr` that talks to the node's containerd. */
function ctr(node: Node, ...args: string[]): string[] {
  return ['--target', String(node.init.pid), '--mount', 'ctr', '--namespace', 'k8s.io', ...args];
}

/** Imports the images that the node lacks; of each image, only the blobs that the node lacks. */
export async function importImages(node: Node, images: readonly Image[]): Promise<void> {
  const listed = await run('nsenter', ctr(node, 'images', 'list'));
  const known = new Set(
    listed.stdout
      .split('\n')
      .slice(1)
      .map((line) => {
        const [name, , digest] = line.split(/\s+/);
        return `${name} ${digest}`;
      }),
  );
  const missing = images.filter(({ name, digest }) => !known.has(`${name} ${digest}`));
  if (missing.length === 0) return;
  const content = await run('nsenter', ctr(node, 'content', 'list', '--quiet'));
  await importArchive(node, missing, new Set(content.stdout.split('\n')));
}

async function importArchive(node: Node, images: readonly Image[], present: ReadonlySet<string>): Promise<void> {
  const child = spawn('nsenter', ctr(node, 'images', 'import', '-'), { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  // A broken pipe only says that the import ended. ctr's own output says why.
  const broken = await writeArchive(images, present, child.stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  if ((await ended) !== 0 || broken)
    throw new CommandError(`import of ${images.map(({ name }) => name).join(', ')} failed: ${errors.trim() || broken}`);
}
