import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { CODE_FOLDER } from './charts/container.ts';
import { environments } from './environments.ts';

const root = join(import.meta.dirname, '..');

/** What skaffold.yaml uses of skaffold/v4beta13; a key of another name or place is refused, as skaffold itself would. */
const schema = z.strictObject({
  apiVersion: z.literal('skaffold/v4beta13'),
  kind: z.literal('Config'),
  metadata: z.strictObject({ name: z.string() }),
  build: z.strictObject({
    local: z.strictObject({ push: z.boolean() }),
    artifacts: z.array(
      z.strictObject({
        image: z.string(),
        context: z.string(),
        docker: z.strictObject({ dockerfile: z.string() }),
        hooks: z.strictObject({ before: z.array(z.strictObject({ command: z.array(z.string()).min(1) })) }),
        sync: z.strictObject({ manual: z.array(z.strictObject({ src: z.string(), dest: z.string() })) }),
      }),
    ),
  }),
  manifests: z.strictObject({ rawYaml: z.array(z.string()) }),
  deploy: z.strictObject({
    kubectl: z.strictObject({ flags: z.strictObject({ apply: z.array(z.string()) }) }),
  }),
  portForward: z.array(
    z.strictObject({
      resourceType: z.literal('service'),
      resourceName: z.string(),
      namespace: z.string(),
      port: z.int().positive(),
      localPort: z.int().positive(),
    }),
  ),
});

const skaffold = schema.parse(parse(readFileSync(join(root, 'skaffold.yaml'), 'utf8')));
const [artifact, ...others] = skaffold.build.artifacts;

test('the one image that is built is the one that the manifests run', () => {
  expect(others).toEqual([]);
  expect(environments.sync.image.split(':')[0]).toBe(artifact?.image);
  expect(existsSync(join(root, artifact?.docker.dockerfile ?? ''))).toBe(true);
});

test('what is deployed is what the hook synthesizes: the environment with live code', () => {
  expect(artifact?.hooks.before).toEqual([{ command: ['npm', 'run', '--silent', 'synth', '--', '--env', 'sync'] }]);
  expect(skaffold.manifests.rawYaml).toEqual(['dist/sync/*.yaml']);
  expect(environments.sync.fileSync).toBe(true);
});

test('an edited file lands in the folder that is writable and watched', () => {
  expect(artifact?.sync.manual).toEqual([{ src: 'services/**/*.ts', dest: '/app' }]);
  // Skaffold keeps a file's path below the context, so a file of services/ goes to <dest>/services/.
  expect(join('/app', 'services')).toBe(CODE_FOLDER);
});
