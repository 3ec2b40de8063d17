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
export function runInJob(service: string, program: string, args: readonly string[]): Promise<number> {
  return withJob(service, program, async (job) => {
    const { exitCode } = await execa(programPath('kubectl'), [...inPod(job, program), ...args], {
      env: { KUBECONFIG: kubeconfigPath() },
      stdio: 'inherit',
      reject: false,
    });
    return exitCode ?? 130;
  });
}

/**
 * Runs a program of services/ in the same way, which reads its request from stdin.
 * @returns what it writes to stdout
 * @throws UserError with what it writes to stderr if it fails, or as `runInJob` does
 */
export function askInJob(service: string, program: string, request: string): Promise<string> {
  return withJob(service, program, async (job) => {
    const { exitCode, stdout, stderr } = await execa(programPath('kubectl'), inPod(job, program, '--stdin'), {
      env: { KUBECONFIG: kubeconfigPath() },
      input: request,
      reject: false,
      // An export may be large.
      maxBuffer: 1024 ** 3,
    });
    if (exitCode === 0) return stdout;
    const why = stderr.replace(/\n?command terminated with exit code \d+\n?$/, '').trim();
    throw new UserError(why || `${service}: the program ended with code ${exitCode}`);
  });
}

const inPod = (job: string, program: string, ...flags: readonly string[]) => [
  ...['-n', namespace, 'exec', ...flags, `job/${job}`, '--', 'node', `/app/services/${program}`],
];

async function withJob<T>(service: string, program: string, use: (job: string) => Promise<T>): Promise<T> {
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
      return await use(name);
    } finally {
      await remove();
    }
  });
}
