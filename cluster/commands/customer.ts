/** The command `npm run customer`: exports or erases what the services keep about a customer. */
import { Command, InvalidArgumentError } from 'commander';
import { kubectl } from '../kubernetes/kubectl.ts';
import {
  type Ask,
  type CustomerService,
  describeErasure,
  eraseCustomer,
  exportCustomer,
  type KeptTopic,
  programOf,
} from '../operations/customer.ts';
import { askInJob } from '../operations/run-in-job.ts';
import { readSettings, UserError } from '../settings.ts';
import { runCommand } from './run-command.ts';
import { runningCluster } from './running.ts';

const notes = `
Each service answers for its own database, in a pod of its own.

Exit code: 0 done, 1 failed or refused, 2 wrong usage.`;

const program = new Command('npm run customer --')
  .description('What the services keep about a customer.')
  .addHelpText('after', notes)
  .hook('preAction', async () => {
    await runningCluster(readSettings(process.env));
  });
program
  .command('export')
  .description('print everything that the services keep about a customer, as one JSON document')
  .argument('<customer>', 'the `sub` of their token', parseCustomer)
  .action(async (id: string) => {
    console.log(JSON.stringify(await exportCustomer(id, askService), null, 2));
  });
program
  .command('erase')
  .description(
    'anonymize the orders of a customer, which stay for the books, and delete the rest; refused while orders are open. ' +
      'A second run changes nothing',
  )
  .argument('<customer>', 'the `sub` of their token', parseCustomer)
  .option('--dry-run', 'do everything, count it, and undo it')
  .action(async (id: string, { dryRun: isDryRun = false }: { dryRun?: boolean }) => {
    const topics = await readTopics();
    console.log(describeErasure(await eraseCustomer(id, { isDryRun }, askService), topics, isDryRun));
  });

await runCommand(program);

async function askService(service: CustomerService, request: Parameters<Ask>[1]): Promise<object> {
  console.error(`${service}: ${request.action} …`);
  return JSON.parse(await askInJob(service, programOf(service), JSON.stringify(request))) as object;
}

async function readTopics(): Promise<readonly KeptTopic[]> {
  const { stdout } = await kubectl(['-n', 'shop', 'get', 'kafkatopics', '-o', 'json']).catch((error: Error) => {
    throw new UserError(`${error.message}\nIs the system up? make status shows it.`);
  });
  const { items } = JSON.parse(stdout) as {
    items: readonly { metadata: { name: string }; spec: { config?: Record<string, string | number> } }[];
  };
  return items.map(({ metadata: { name }, spec: { config = {} } }) => ({
    name,
    days: (Number(config['retention.ms'] ?? 0) + Number(config['segment.ms'] ?? 0)) / 86_400_000,
  }));
}

function parseCustomer(text: string): string {
  if (text.trim() === '' || text.length > 64) throw new InvalidArgumentError('It has 1 to 64 characters.');
  return text;
}
