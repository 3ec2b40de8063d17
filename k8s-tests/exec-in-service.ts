/**
 * Runs a program of services/ in a pod that has its addresses and secrets, and ends with its exit code:
 * `node k8s-tests/exec-in-service.ts <deployment> <program below services/> [argument…]`. Help needs no cluster.
 */
import { execa } from 'execa';
import { programPath } from './cluster/kubernetes-tools.ts';
import { root } from './cluster/paths.ts';
import { kubeconfigPath } from './harness/environment.ts';

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
