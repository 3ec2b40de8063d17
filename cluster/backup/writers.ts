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
 * Stops every deployment that has the password of a database, runs work, and starts them again with as many pods as
 * before, even if the work fails or is interrupted.
 *
 * @throws UserError if an operator's command runs, which writes as well
 */
export async function withoutWriters<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  const commands = (await kubectl(['get', 'jobs', '-A', '-l', COMMAND_LABEL, '-o', 'name'])).stdout.trim();
  if (commands)
    throw new UserError(`a command still runs: ${commands.split('\n').join(', ')}. Wait until it has ended`);
  const { items } = JSON.parse((await kubectl(['get', 'deployments', '-A', '-o', 'json'])).stdout) as {
    items: readonly Deployment[];
  };
  const writers = items.filter(({ spec }) => spec.replicas > 0 && hasDatabase(spec));
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

function hasDatabase({ template }: Deployment['spec']): boolean {
  return (template.spec.volumes ?? []).some(({ secret }) => secret?.secretName.startsWith('postgres-'));
}

async function scale({ metadata: { namespace, name } }: Deployment, replicas: number): Promise<void> {
  await kubectl(['-n', namespace, 'scale', 'deployment', name, `--replicas=${replicas}`]);
}

async function waitUntilGone({ metadata: { namespace, name } }: Deployment): Promise<void> {
  await kubectl(['-n', namespace, 'wait', 'pod', '-l', `app=${name}`, '--for=delete', '--timeout=120s']);
}
