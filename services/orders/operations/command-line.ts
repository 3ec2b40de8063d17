import { Command, InvalidArgumentError } from 'commander';
import type { ActionKind } from './act-by-hand.ts';

export type SagaCommand =
  | { readonly kind: 'list'; readonly onlyLate: boolean }
  | { readonly kind: 'show'; readonly id: string }
  | { readonly kind: ActionKind; readonly id: string; readonly reason: string; readonly by: string | undefined };

const description = 'Orders that have not ended, and what to do about those that wait too long.';

const notes = `
Each action is recorded with its reason; show lists them.

Exit code: 0 done, 1 failed, no such order, or the order cannot be changed that way, 2 wrong usage.`;

const cancelDescription =
  'cancel an order, with compensation of what it holds. An order that waits for its shipment is cancelled only if ' +
  'fulfillment has not shipped it: fulfillment decides';

/** The command line of `npm run saga`. */
export function sagaCommandLine(run: (command: SagaCommand) => Promise<void>): Command {
  const program = new Command('npm run saga --')
    .description(description)
    .addHelpText('after', notes)
    .showHelpAfterError('Add --help for the usage.');
  program
    .command('list')
    .description('list the orders that have not ended, oldest first')
    .option('--late', 'only those past their deadline')
    .action(({ late = false }: { late?: boolean }) => run({ kind: 'list', onlyLate: late }));
  program
    .command('show')
    .description('show an order with its steps, their errors, and what was done by hand')
    .argument('<id>', 'order id')
    .action((id: string) => run({ kind: 'show', id }));
  const addAction = (kind: ActionKind, what: string) =>
    program
      .command(kind)
      .description(what)
      .argument('<id>', 'order id')
      .requiredOption('--reason <reason>', 'why, for those who read it later', parseReason)
      .option('--by <name>', 'who asks for it', parseReason)
      .action((id: string, { reason, by }: { reason: string; by?: string }) => run({ kind, id, reason, by }));
  addAction('retry', 'attempt the next step of an order now, without waiting for its pause');
  addAction('cancel', cancelDescription);
  addAction('resume', 'tell fulfillment again about an order that waits for its shipment');
  return program;
}

const longest = 500;

function parseReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  if (text.length > longest)
    throw new InvalidArgumentError(`It has ${text.length} characters; use at most ${longest}.`);
  return text.trim();
}
