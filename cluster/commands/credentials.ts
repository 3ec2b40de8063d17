import { ensureCredentials } from '../credentials/ensure.ts';
import { synthesize } from '../deploy/application.ts';
import { applyNamespaces } from '../deploy/namespaces.ts';
import { type Settings, UserError } from '../settings.ts';
import { decideFor } from '../shared/decide-for.ts';
import { chooseProvider } from './choose-provider.ts';
import { exclusively } from './lock.ts';

/**
 * Makes the passwords and certificates that a cluster lacks, and the namespaces that hold them, for users whose GitOps
 * installs the charts.
 * @throws UserError if this checkout has no cluster and the settings name none
 */
export function credentials(settings: Settings): Promise<void> {
  return exclusively(async () => {
    const { provider, found } = await chooseProvider(settings);
    if (provider.target !== 'existing' && found.state !== 'running')
      throw new UserError('no cluster runs for this checkout: `make up` starts one, or set KUBE_CONTEXT');
    await provider.connect();
    await synthesize();
    const { mesh, problems } = await decideFor(provider);
    if (problems.length > 0) throw new UserError(problems.join('\n'));
    await applyNamespaces(provider, mesh);
    await ensureCredentials();
    console.log('All passwords and certificates are there. Those that existed are as they were.');
  });
}
