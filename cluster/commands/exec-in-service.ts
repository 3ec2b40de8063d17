/**
 * Runs a program of services/ in a pod that has its addresses and secrets, and ends with its exit code:
 * `node cluster/commands/exec-in-service.ts <deployment> <program below services/> [argument…]`. Help needs no cluster.
 */
import { execa } from 'execa';
import { kubeconfigPath } from '../../k8s-tests/harness/environment.ts';
import { programPath } from '../kubernetes-tools.ts';
import { root } from '../paths.ts';

const [deployment = '', program = '', ...args] = process.argv.slice(2);
const asksForHelp = args.some((one) => one === '--help' || one === '-h');

const { exitCode } = asksForHelp ? await runHere() : await runInPod();
process.exitCode = exitCode ?? 1;

function runHere() {
  return execa(process.execPath, [`services/${program}`, ...args], { cwd: root, stdio: 'inherit', reject: false });
}

function runInPod() {
  const exec = ['-n', 'shop', 'exec', `deploy/${deployment}`, '-c', deployment, '--'];
  const node = ['node', `/app/services/${program}`, ...args];
  const env = { KUBECONFIG: kubeconfigPath() };
  return execa(programPath('kubectl'), [...exec, ...node], { env, stdio: 'inherit', reject: false });
}
