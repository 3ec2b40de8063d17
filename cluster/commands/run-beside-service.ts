/** Runs a program of services/ in a pod of its own, with the addresses and secrets of a service. */
import { Command } from 'commander';
import { execa } from 'execa';
import { runInJob } from '../operations/run-in-job.ts';
import { root } from '../paths.ts';
import { readSettings } from '../settings.ts';
import { runCommand } from './run-command.ts';
import { runningCluster } from './running.ts';

const command = new Command('run-beside-service')
  .description(
    'Runs a program of services/ in a pod of its own, with the image, identity, addresses and secrets of a service, and ' +
      "ends with the program's exit code. The program's own help needs no cluster.",
  )
  .argument('<deployment>', 'in namespace shop')
  .argument('<program>', 'path of the program below services/')
  .argument('[argument...]', "the program's own")
  .passThroughOptions()
  .action(async (deployment: string, program: string, args: readonly string[]) => {
    const asksForHelp = args[0] === 'help' || args.some((one) => one === '--help' || one === '-h');
    if (!asksForHelp) await runningCluster(readSettings(process.env));
    process.exitCode = await (asksForHelp ? runHere(program, args) : runInJob(deployment, program, args));
  });

await runCommand(command);

async function runHere(program: string, args: readonly string[]): Promise<number> {
  const options = { cwd: root, stdio: 'inherit', reject: false } as const;
  const { exitCode } = await execa(process.execPath, [`services/${program}`, ...args], options);
  return exitCode ?? 1;
}
