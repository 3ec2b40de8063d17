import { ensureAuthentication, ensureCredentials } from '../credentials/ensure.ts';
import { synthesize } from '../deploy/application.ts';
import { applyNamespaces } from '../deploy/namespaces.ts';
import { type Settings, UserError } from '../settings.ts';
import { decideFor } from '../shared/decide-for.ts';
import { chooseProvider } from './choose-provider.ts';
import { exclusively } from './lock.ts';

/**
 * Makes the passwords, certificates and keys that a cluster lacks, and the namespaces that hold them, for users whose GitOps
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
    await ensureCredentials(mesh);
    const isKnown = await ensureAuthentication(mesh);
    console.log('All passwords, certificates and keys are there. Those that existed are as they were.');
    if (!isKnown)
      console.log(
        'The cluster has no Istio yet. Run this once more after it: the gateway refuses all tokens until then.',
      );
  });
}
