/** Runs a program of services/ in a pod that has its addresses and secrets, and ends with its exit code. */
import { Command } from 'commander';
import { execa } from 'execa';
import { programPath } from '../kubernetes/kubectl.ts';
import { root } from '../paths.ts';
import { UserError } from '../settings.ts';
import { kubeconfigPath } from '../state.ts';

const command = new Command('exec-in-service')
  .description('Runs a program of services/ in the pod of a deployment. Its own help needs no cluster.')
  .argument('<deployment>', 'in namespace shop; its container has the same name')
  .argument('<program>', 'path of the program below services/')
  .argument('[argument...]', "the program's own")
  .passThroughOptions()
  .action(async (deployment: string, program: string, args: readonly string[]) => {
    const asksForHelp = args.some((one) => one === '--help' || one === '-h');
    const { exitCode } = await (asksForHelp ? runHere(program, args) : runInPod(deployment, program, args));
    process.exitCode = exitCode ?? 1;
  });

await command.parseAsync().catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  command.error(`error: ${error.message}`);
});

function runHere(program: string, args: readonly string[]) {
  return execa(process.execPath, [`services/${program}`, ...args], { cwd: root, stdio: 'inherit', reject: false });
}

function runInPod(deployment: string, program: string, args: readonly string[]) {
  const exec = ['-n', 'shop', 'exec', `deploy/${deployment}`, '-c', deployment, '--'];
  const node = ['node', `/app/services/${program}`, ...args];
  const env = { KUBECONFIG: kubeconfigPath() };
  return execa(programPath('kubectl'), [...exec, ...node], { env, stdio: 'inherit', reject: false });
}
