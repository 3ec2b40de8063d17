/** Backs up every database: `npm run backup -- --to DIR`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { backUp } from '../backup/back-up.ts';
import { podServer } from '../backup/server.ts';
import { root } from '../paths.ts';
import { showProgress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { runCommand } from './run-command.ts';
import { runningCluster } from './running.ts';

const command = new Command('npm run backup --')
  .description(
    'Backs up every database of Postgres to a new folder, while orders flow. The folder has a dump of each (pg_dump, ' +
      'custom format) and manifest.json. It contains the addresses of customers: keep it as you keep the databases.',
  )
  .requiredOption('--to <folder>', 'a folder that does not exist yet, in one that does')
  .action(async ({ to }: { to: string }) => {
    await runningCluster(readSettings(process.env));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const progress = showProgress(1);
    const { databases } = await progress.step('back up', () => backUp(to, version, podServer, progress));
    const bytes = databases.reduce((sum, each) => sum + each.bytes, 0);
    console.log(`${to} has ${databases.length} databases, ${bytes} bytes, each read back once.`);
  });

await runCommand(command);
