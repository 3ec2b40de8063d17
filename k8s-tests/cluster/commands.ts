import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { deployApplication, manifests, synthesize } from './application.ts';
import { chooseCluster } from './choose.ts';
import { placeDemoOrder } from './demo.ts';
import { kubectl } from './kubernetes-tools.ts';
import { exclusively } from './lock.ts';
import { memoryByPart } from './memory.ts';
import { diffMesh } from './mesh-diff.ts';
import { binFolder, kubeconfig, root, stateFolder } from './paths.ts';
import { installPlatform } from './platform.ts';
import { checkPorts, choosePorts } from './ports.ts';
import { showProgress } from './progress.ts';
import { run } from './run.ts';
import { type Settings, UserError } from './settings.ts';
import { recallState, rememberState } from './state.ts';

/** Everything, from nothing to a running system with a demo order placed. What runs already stays as it is. */
export function up(settings: Settings): Promise<void> {
  return exclusively(() => bringUp(settings));
}

async function bringUp(settings: Settings): Promise<void> {
  const progress = showProgress(6);
  const cluster = await chooseCluster(settings);
  const known = (await cluster.isRunning()) ? await recallState() : undefined;
  if (known) checkPorts(settings, known);
  const ports = known ?? (await choosePorts(settings));
  await progress.step(`prepare (${cluster.target})`, () => cluster.prepare(progress));
  await rememberState({ ...ports, target: cluster.target });
  await progress.step('cluster', () => cluster.start(ports, progress));
  const [images] = await progress.step('images and manifests', () =>
    Promise.all([cluster.loadOwnImages(), synthesize()]),
  );
  await progress.step('platform', () => installPlatform(cluster, images));
  await progress.step('application', () => deployApplication(images));
  const { orderId, replayed } = await progress.step('demo order', () => placeDemoOrder(ports));
  console.log(`\nOrder ${orderId}, confirmed. Its trace:\n`);
  // Of an order that an earlier run placed, Jaeger may have forgotten the trace: that is no failure.
  const wait = replayed ? '1' : '30';
  const printed = { cwd: root, onLine: (line: string) => console.log(line), tolerant: replayed };
  await run('npm', ['run', '--silent', 'trace', '--', orderId, '--wait', wait], printed);
  console.log(`
Shop     http://127.0.0.1:${ports.ingress}/v1/orders
Jaeger   http://127.0.0.1:${ports.jaeger}/api/v3/traces
kubectl  eval "$(make env)"`);
}

/** Removes the cluster and every trace of it; the cache of binaries stays. */
export async function down(settings: Settings): Promise<void> {
  if (!existsSync(stateFolder)) {
    console.log('Nothing to remove.');
    return;
  }
  const cluster = await chooseCluster(settings);
  await exclusively(() =>
    showProgress(1).step(`remove the ${cluster.target} cluster`, async () => {
      await cluster.remove();
      await rm(stateFolder, { recursive: true, force: true });
    }),
  );
}

/** What runs, where, and its memory. */
export async function status(settings: Settings): Promise<void> {
  const { cluster, state } = await runningCluster(settings);
  console.log(`${cluster.target}: shop http://127.0.0.1:${state.ingress}, Jaeger http://127.0.0.1:${state.jaeger}\n`);
  const { stdout } = await kubectl(['get', 'deployments,statefulsets,kafkas.kafka.strimzi.io', '-A']);
  console.log(stdout);
  const parts = await memoryByPart(cluster);
  const total = parts.reduce((sum, { mib }) => sum + mib, 0);
  for (const { part, mib } of [...parts, { part: 'total', mib: total }])
    console.log(`${String(mib).padStart(6)} MiB  ${part}`);
}

/** Prints what the cluster's mesh config says otherwise than the source; returns the exit code: 1 where they differ. */
export async function diff(settings: Settings): Promise<number> {
  await runningCluster(settings);
  await synthesize();
  const difference = await diffMesh(await manifests());
  process.stdout.write(difference || 'The mesh runs what the source says.\n');
  return difference ? 1 : 0;
}

/** Follows the logs of all services, or of one, until interrupted. */
export async function logs(service?: string): Promise<void> {
  const which = service ? `app=${service}` : 'app';
  const args = ['-n', 'shop', 'logs', '-l', which, '--prefix', '--follow', '--tail=20', '--max-log-requests=50'];
  await kubectl(args, { onLine: (line) => console.log(line), what: `logs of ${service ?? 'the services'}` });
}

/** Lines for a shell: kubectl, helm and istioctl speak to this checkout's cluster, and INGRESS and JAEGER are its doors' URLs. */
export async function env(): Promise<void> {
  const state = await recallState();
  if (!state) throw new UserError('this checkout has no cluster: `make up` starts one');
  console.log(`export KUBECONFIG='${kubeconfig}' PATH='${binFolder}':"$PATH"`);
  console.log(`export INGRESS=http://127.0.0.1:${state.ingress} JAEGER=http://127.0.0.1:${state.jaeger}`);
}

/** Whether `make up` has been run and not been undone. */
export async function isUp(settings: Settings): Promise<boolean> {
  return (await findRunning(settings)) !== undefined;
}

async function findRunning(settings: Settings) {
  const cluster = await chooseCluster(settings);
  const state = await recallState();
  return state && (await cluster.isRunning()) ? { cluster, state } : undefined;
}

async function runningCluster(settings: Settings) {
  const running = await findRunning(settings);
  if (!running) throw new UserError('no cluster runs for this checkout: `make up` starts one');
  return running;
}
