/**
 * Writes dist/sbom/repository.cdx.json and dist/sbom/image.cdx.json: `make sbom`.
 * With the name of an image that Docker has, `make sbom IMAGE=…`, the latter has the packages of its system, too.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { runCommand } from '../commands/run-command.ts';
import { docker } from '../docker/docker.ts';
import { root } from '../paths.ts';
import { type ImageSystem, imageDocument, repositoryDocument } from './documents.ts';
import { debianPackages } from './packages.ts';

function parseImage(name: string): { readonly name: string; readonly digest: string } {
  const digest = name.match(/@(sha256:[0-9a-f]{64})$/)?.[1];
  if (!digest) throw new InvalidArgumentError('Use a name that ends with @sha256:… and 64 digits.');
  return { name, digest };
}

/** Reads the packages of an image's Debian with the image's own dpkg. */
async function readSystem({ name, digest }: ReturnType<typeof parseImage>): Promise<ImageSystem> {
  const listing = `dpkg-query -W -f '\${Package} \${Version} \${Architecture}\\n'`;
  const script = `. /etc/os-release; echo "$VERSION_ID"; ${listing}`;
  const args = ['run', '--rm', '--network', 'none', '--entrypoint', 'sh', name, '-c', script];
  const { stdout } = await docker(args, { what: `reading of the packages in ${name}` });
  const [release = '', ...lines] = stdout.split('\n');
  return { digest, packages: debianPackages(lines.join('\n'), release) };
}

async function write(image: ReturnType<typeof parseImage> | undefined): Promise<void> {
  const folder = join(root, 'dist/sbom');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'repository.cdx.json'), await repositoryDocument());
  await writeFile(join(folder, 'image.cdx.json'), await imageDocument(image && (await readSystem(image))));
}

const program = new Command('sbom')
  .option('--image <image>', "the services' image in Docker, by digest", parseImage)
  .action(({ image }: { image?: ReturnType<typeof parseImage> }) => write(image));

await runCommand(program);
