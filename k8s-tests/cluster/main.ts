import { Command } from 'commander';
import { diff, down, env, logs, status, up } from './commands.ts';
import { CommandError } from './run.ts';
import { readSettings, type Settings, UserError } from './settings.ts';

const program = new Command('cluster')
  .description('The throwaway cluster. Environment: CLUSTER=native|kind, KUBE_CONTEXT, INGRESS_PORT, JAEGER_PORT.')
  .showHelpAfterError();
const settings = (): Settings => readSettings(process.env);

program
  .command('up')
  .description('from nothing to a running system with one order placed')
  .action(() => up(settings()));
program
  .command('down')
  .description('remove every trace of it')
  .action(() => down(settings()));
program
  .command('status')
  .description('what runs, where, and its memory')
  .action(() => status(settings()));
program.command('env').description('shell lines that point kubectl, helm and istioctl at it').action(env);
program
  .command('diff')
  .description("the cluster's mesh config against the source; exit code 1 where they differ")
  .action(async () => {
    process.exitCode = await diff(settings());
  });
program.command('logs [service]').description("follow the services' logs").action(logs);

// With a handler an interrupt falls between two steps of ours, never into one: what was started is always on record.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError || error instanceof CommandError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
