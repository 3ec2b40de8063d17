/**
 * `make up` and `make down` with KUBE_CONTEXT, on a native cluster that others run:
 * `node windlass.ts up|down <context> <folder of the cluster's checkout>`. Images reach it by import, because it has
 * neither Docker nor a registry. Everything else is what the commands do.
 */
import { placeDemoOrder } from '../../../cluster/commands/demo-order.ts';
import { readTokenIssuer, signToken } from '../../../cluster/credentials/tokens.ts';
import { deployApplication, synthesize } from '../../../cluster/deploy/application.ts';
import { installPlatform } from '../../../cluster/deploy/platform.ts';
import { existingProvider } from '../../../cluster/existing/existing.ts';
import { nativeProvider } from '../../../cluster/native/native.ts';
import { choosePorts } from '../../../cluster/ports.ts';
import { silent } from '../../../cluster/progress.ts';
import { readSettings } from '../../../cluster/settings.ts';
import { decideFor } from '../../../cluster/shared/decide-for.ts';

const [action, context = '', folder = ''] = process.argv.slice(2);
const node = nativeProvider(folder);
const settings = readSettings({});
const provider = existingProvider(context, settings, node);

async function up(): Promise<void> {
  const found = await provider.find();
  await provider.prepare(silent);
  const ports = 'ports' in found && found.ports ? found.ports : await choosePorts(settings);
  await provider.start(ports, silent);
  const [images] = await Promise.all([provider.loadOwnImages(silent), synthesize()]);
  const decision = await decideFor(provider);
  await installPlatform(provider, images, decision, silent);
  await deployApplication(images, decision.mesh);
  const token = await signToken(await readTokenIssuer(), { customer: 'demo' });
  console.log(JSON.stringify({ ports, token, order: await placeDemoOrder(ports) }));
}

async function down(): Promise<void> {
  const found = await provider.find();
  if (found.state === 'absent') console.log('Nothing to remove.');
  else for (const line of await provider.remove()) console.log(`Stays: ${line}`);
}

try {
  await (action === 'up' ? up() : down());
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
