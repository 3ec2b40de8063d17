import { Command, Option } from 'commander';
import { deadLetterCauses } from '../lib/messaging/dead-letter.ts';
import type { DlqCommand } from './run-dlq.ts';

const description =
  'The dead-letter messages of the consumer groups: messages that a service could not handle. ' +
  'An id is a group and a number: notifications/17.';

const notes = `
A command may be repeated: a closed message stays closed, and a message that is redriven twice has one effect.

Exit code: 0 done, 1 failed or no such message, 2 wrong usage.`;

const redriveDescription =
  'send messages back to their topic, for the group that gave them up and under their old event ids: ' +
  'a service that has handled one in the meantime changes nothing. They arrive after later events of their orders';

/** The command line of `npm run dlq`. */
export function dlqCommandLine(run: (command: DlqCommand) => Promise<void>): Command {
  const program = new Command('npm run dlq --')
    .description(description)
    .addHelpText('after', notes)
    .showHelpAfterError('Add --help for the usage.');
  program
    .command('list')
    .description('list the open messages, newest last')
    .argument('[group]', 'only those of this group')
    .action((group?: string) => run({ kind: 'list', group }));
  program
    .command('show')
    .description('show one message with its value and headers')
    .argument('<id>')
    .action((id: string) => run({ kind: 'show', ids: [id] }));
  program
    .command('redrive')
    .description(redriveDescription)
    .argument('[id...]')
    .option('--all', 'all open messages')
    .addOption(new Option('--cause <cause>', 'all open messages with this cause').choices(deadLetterCauses))
    .option('--group <group>', 'with --all or --cause: only those of this group')
    .action((ids: readonly string[], { all, cause, group }, command: Command) => {
      const matching = all === true || cause !== undefined;
      if (ids.length > 0 === matching) command.error('error: redrive takes ids, or --all or --cause');
      if (ids.length > 0 && group !== undefined) command.error('error: --group goes with --all or --cause only');
      return run(matching ? { kind: 'redrive-matching', group, cause } : { kind: 'redrive', ids });
    });
  program
    .command('drop')
    .description('close messages without doing anything')
    .argument('<id...>')
    .action((ids: readonly string[]) => run({ kind: 'drop', ids }));
  return program;
}
