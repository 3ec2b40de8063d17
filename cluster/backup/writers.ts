import { APPLICATION } from '../deploy/namespaces.ts';
import { finish } from '../finish.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { waitUntilServing } from '../kubernetes/waits.ts';
import { COMMAND_LABEL } from '../operations/job.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';

interface Deployment {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly volumes?: readonly { secret?: { secretName: string } }[] } };
  };
}

/**
 * Stops every deployment of the services that has the password of a database, runs work, and starts them again with as
 * many pods as before, even if the work fails or is interrupted.
 *
 * @throws UserError if an operator's command runs, which writes as well
 */
export async function withoutWriters<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  const commands = await getInEach(['jobs', '-l', COMMAND_LABEL, '-o', 'name']);
  const running = commands.flatMap((names) => names.split('\n').filter(Boolean));
  if (running.length > 0) throw new UserError(`a command still runs: ${running.join(', ')}. Wait until it has ended`);
  const lists = await getInEach(['deployments', '-o', 'json']);
  const deployments = lists.flatMap((list) => (JSON.parse(list) as { items: readonly Deployment[] }).items);
  const writers = deployments.filter(({ spec }) => spec.replicas > 0 && hasDatabase(spec));
  return finish(async () => {
    try {
      await progress.part('stop of the services', async () => {
        await Promise.all(writers.map((writer) => scale(writer, 0)));
        await Promise.all(writers.map(waitUntilGone));
      });
      return await work();
    } finally {
      await progress.part('start of the services', async () => {
        await Promise.all(writers.map((writer) => scale(writer, writer.spec.replicas)));
        await Promise.all(
          writers.map(({ metadata }) => waitUntilServing(metadata.namespace, `deployment/${metadata.name}`)),
        );
      });
    }
  });
}

/** What kubectl prints for each of our namespaces: others may have databases of their own. */
function getInEach(what: readonly string[]): Promise<string[]> {
  return Promise.all(APPLICATION.map(async (namespace) => (await kubectl(['-n', namespace, 'get', ...what])).stdout));
}

function hasDatabase({ template }: Deployment['spec']): boolean {
  return (template.spec.volumes ?? []).some(({ secret }) => secret?.secretName.startsWith('postgres-'));
}

async function scale({ metadata: { namespace, name } }: Deployment, replicas: number): Promise<void> {
  await kubectl(['-n', namespace, 'scale', 'deployment', name, `--replicas=${replicas}`]);
}

async function waitUntilGone({ metadata: { namespace, name } }: Deployment): Promise<void> {
  await kubectl(['-n', namespace, 'wait', 'pod', '-l', `app=${name}`, '--for=delete', '--timeout=120s']);
}
