import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { execa } from 'execa';
import { finish } from '../finish.ts';
import { kubectl, programPath } from '../kubernetes/kubectl.ts';
import { UserError } from '../settings.ts';
import { kubeconfigPath } from '../state.ts';
import { commandJob } from './job.ts';

const namespace = 'shop';
const startWithin = '120s';

/**
 * Runs a program of services/ in a pod of its own, with the streams of this process. The pod is deleted afterwards, even if
 * this process is interrupted.
 *
 * @param service the deployment whose image, identity, addresses and secrets the program has
 * @returns the program's exit code
 * @throws UserError if there is no such deployment, or its pod does not start
 */
export async function runInJob(service: string, program: string, args: readonly string[]): Promise<number> {
  const name = `${basename(program, '.ts')}-${randomUUID().slice(0, 8)}`;
  const found = await kubectl(['-n', namespace, 'get', 'deployment', service, '-o', 'json'], { tolerant: true });
  if (found.exitCode !== 0) throw new UserError(`${found.all.trim()}. Is the system up? make status shows it.`);
  const job = commandJob(name, JSON.parse(found.stdout) as V1Deployment);
  const remove = () => kubectl(['-n', namespace, 'delete', 'job', name, '--ignore-not-found', '--wait=false']);
  return finish(async () => {
    try {
      await kubectl(['create', '-f', '-'], { input: JSON.stringify(job), what: `start of ${name}` });
      await kubectl(
        ['-n', namespace, 'wait', 'pod', '-l', `job-name=${name}`, '--for=condition=Ready', `--timeout=${startWithin}`],
        { what: `start of ${name}'s pod` },
      ).catch((error: Error) => {
        throw new UserError(error.message);
      });
      const { exitCode } = await execa(
        programPath('kubectl'),
        ['-n', namespace, 'exec', `job/${name}`, '--', 'node', `/app/services/${program}`, ...args],
        { env: { KUBECONFIG: kubeconfigPath() }, stdio: 'inherit', reject: false },
      );
      return exitCode ?? 130;
    } finally {
      await remove();
    }
  });
}
