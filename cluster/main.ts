import { Command } from 'commander';
import { credentials } from './commands/credentials.ts';
import { buildImageAs, dev } from './commands/dev.ts';
import { down } from './commands/down.ts';
import { diff, env, logs, status } from './commands/look.ts';
import { rotate } from './commands/rotate.ts';
import { runCommand } from './commands/run-command.ts';
import { token } from './commands/token.ts';
import { platform, up } from './commands/up.ts';
import { readSettings, type Settings } from './settings.ts';

const program = new Command('cluster').description(
  'Brings up and removes the throwaway cluster. Environment: CLUSTER=native|kind, KUBE_CONTEXT, INGRESS_PORT, ' +
    'INGRESS_TLS_PORT, JAEGER_PORT, PROMETHEUS_PORT, IMAGE_REGISTRY, KIND_NODE_IMAGE.',
);
const settings = (): Settings => readSettings(process.env);

program
  .command('up')
  .description('bring up everything, from nothing to a running system with one order placed')
  .action(() => up(settings()));
program
  .command('platform')
  .description(
    'bring up what the manifests of dist/ need, for `kubectl apply`: cluster, Istio, Strimzi, Postgres, Jaeger, ' +
      'Prometheus, Secrets, image',
  )
  .action(() => platform(settings()));
program
  .command('credentials')
  .description('make the passwords, certificates and keys that the cluster lacks, and nothing else')
  .action(() => credentials(settings()));
program
  .command('rotate [database]')
  .description('give the roles of one database, or of all, new passwords while the services run')
  .action((database?: string) => rotate(settings(), database));
program
  .command('dev')
  .description('run skaffold dev on kind: an edited service restarts in its pod')
  .action(async () => {
    process.exitCode = await dev(settings());
  });
program
  .command('build-image <name>')
  .description("build the services' image under a name, as skaffold.yaml asks")
  .action((name: string) => buildImageAs(name));
program
  .command('down')
  .description('remove the cluster and every trace of it')
  .action(() => down(settings()));
program
  .command('status')
  .description('show what runs, where, and how much memory it uses')
  .action(() => status(settings()));
program
  .command('env')
  .description('print shell lines that point kubectl, helm and istioctl at the cluster')
  .action(() => env(settings()));
program
  .command('token')
  .description('print a token for the customer CUSTOMER, with the roles ROLE if set; the last line is the token')
  .action(() => token(settings(), process.env));
program
  .command('diff')
  .description("compare the cluster's mesh config with the source; exit code 1 if they differ")
  .action(async () => {
    process.exitCode = await diff(settings());
  });
program
  .command('logs [service]')
  .description("follow the services' logs")
  .action((service?: string) => logs(settings(), service));

// The reader of a pipe may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

// The handler runs between two synchronous pieces of code, never within one: whatever was started is on record by then.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

await runCommand(program);
