/** Restores every database of a backup: `npm run restore -- --from DIR`. */
import { Command } from 'commander';
import { followUp } from '../backup/follow-up.ts';
import { restore } from '../backup/restore.ts';
import { podServer } from '../backup/server.ts';
import { withoutWriters } from '../backup/writers.ts';
import { showProgress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { exclusively } from './lock.ts';
import { runCommand } from './run-command.ts';
import { runningCluster } from './running.ts';

const command = new Command('npm run restore --')
  .description(
    'Restores every database of a backup. It checks all files and versions first, stops the services meanwhile, and ' +
      'changes all databases at once or none.',
  )
  .requiredOption('--from <folder>', 'what npm run backup wrote')
  .option('--replace', 'also databases that are not empty: what is in them is lost', false)
  .action(({ from, replace }: { from: string; replace: boolean }) =>
    exclusively(async () => {
      await runningCluster(readSettings(process.env), 'make platform');
      const progress = showProgress(1);
      const options = {
        replace,
        withoutWriters: <T>(work: () => Promise<T>) => withoutWriters(progress, work),
      };
      const backup = await progress.step('restore', () => restore(from, podServer, options, progress));
      console.log(followUp(backup));
    }),
  );

await runCommand(command);
