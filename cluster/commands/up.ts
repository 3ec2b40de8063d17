import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deployApplication, manifestStream, synthesize } from '../deploy/application.ts';
import { installPlatform } from '../deploy/platform.ts';
import { DEV_IMAGE, REPOSITORY } from '../docker/own-image.ts';
import { root } from '../paths.ts';
import { checkPorts, choosePorts } from '../ports.ts';
import { type Progress, showProgress } from '../progress.ts';
import { run } from '../run.ts';
import type { Ports, Settings } from '../settings.ts';
import { decideFor } from '../shared/decide-for.ts';
import type { Mesh } from '../shared/mesh.ts';
import { rememberState } from '../state.ts';
import { chooseProvider, titleOf } from './choose-provider.ts';
import { placeDemoOrder } from './demo-order.ts';
import { exclusively } from './lock.ts';

/**
 * Brings up everything, from nothing to a running system with a demo order placed. Whatever runs already stays as it
 * is.
 */
export function up(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const progress = showProgress(6);
    const { ports, images, mesh } = await bringUpPlatform(settings, progress);
    await progress.step('application', () => deployApplication(images, mesh));
    const { orderId, status, replayed } = await progress.step('demo order', () => placeDemoOrder(ports));
    console.log(`\nOrder ${orderId}, ${status}. Its trace:\n`);
    // If an earlier run placed the order, Jaeger may have forgotten its trace, which must not fail this run.
    const wait = replayed ? '1' : '30';
    const printed = { cwd: root, onLine: (line: string) => console.log(line), tolerant: replayed };
    await run('npm', ['run', '--silent', 'trace', '--', orderId, '--wait', wait], printed);
    console.log(`
Shop     http://127.0.0.1:${ports.ingress}/v1/orders, https://127.0.0.1:${ports.ingressTls}/v1/orders
Jaeger   http://127.0.0.1:${ports.jaeger}/api/v3/traces
Alerts   http://127.0.0.1:${ports.prometheus}/api/v1/alerts
kubectl  eval "$(make env)"`);
  });
}

/** Brings up what the manifests of dist/ need, for users who apply the manifests with kubectl. */
export function platform(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const { ports, images, mesh } = await bringUpPlatform(settings, showProgress(4));
    const folder = mesh.kind === 'own' ? 'dist/dev' : await writeAdapted(mesh, images);
    const image = images.get(DEV_IMAGE) ?? DEV_IMAGE;
    // Nodes of this machine know the image by the name in the manifests. A registry's image has another name, which the
    // manifests for the mesh of others have already.
    const synth = mesh.kind === 'shared' || image.startsWith(REPOSITORY) ? '' : `  make synth IMAGE=${image}\n`;
    console.log(`
The platform runs. Next:
${synth}  eval "$(make env)"
  kubectl apply --server-side -f ${folder}

The shop will answer at http://127.0.0.1:${ports.ingress}/v1/orders.`);
  });
}

interface Platform {
  readonly ports: Ports;
  /** What replaces each `name:dev` in the manifests. */
  readonly images: ReadonlyMap<string, string>;
  readonly mesh: Mesh;
}

/** The four steps before the application. */
async function bringUpPlatform(settings: Settings, progress: Progress): Promise<Platform> {
  const { provider, found } = await chooseProvider(settings);
  const kept = 'ports' in found ? found.ports : undefined;
  if (kept) checkPorts(settings, kept);
  if (found.state === 'down') console.error(`This checkout's cluster, ${titleOf(provider)}, is down: ${found.remedy}.`);
  await progress.step(`prepare (${titleOf(provider)})`, () => provider.prepare(progress));
  const ports = kept ?? (await choosePorts(settings));
  await rememberState(provider, ports);
  await progress.step('cluster', () => provider.start(ports, progress));
  const [images] = await progress.step('images and manifests', () =>
    Promise.all([provider.loadOwnImages(progress), synthesize()]),
  );
  const decision = await decideFor(provider);
  await progress.step('platform', () => installPlatform(provider, images, decision, progress));
  return { ports, images, mesh: decision.mesh };
}

/** Writes the manifests for the mesh of others. Those of dist/dev would change all of it. @returns the folder */
async function writeAdapted(mesh: Mesh, images: Platform['images']): Promise<string> {
  const folder = 'dist/shared-mesh';
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, 'all.yaml'), await manifestStream(images, mesh));
  return folder;
}
