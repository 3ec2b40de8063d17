import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { ActionKind } from './act-by-hand.ts';
import type { Repeat } from './repeat-orders.ts';

export type SagaCommand =
  | { readonly kind: 'list'; readonly onlyLate: boolean }
  | { readonly kind: 'show'; readonly id: string }
  | ({ readonly kind: 'repeat' } & Repeat)
  | { readonly kind: ActionKind; readonly id: string; readonly reason: string; readonly by: string | undefined };

const description = 'Orders that have not ended, and what to do about those that wait too long.';

const notes = `
Each action is recorded with its reason; show lists them.

Exit code: 0 done, 1 failed, no such order, or the order cannot be changed that way, 2 wrong usage.`;

const cancelDescription =
  'cancel an order, with compensation of what it holds. An order that waits for its shipment is cancelled only if ' +
  'fulfillment has not shipped it: fulfillment decides';

const repeatDescription =
  'tell the services behind orders again about an order, or about all orders with an event since a time: after the ' +
  'database of inventory, fulfillment, notifications or analytics was restored to an earlier point. The relay ' +
  'publishes their events again, and orders-worker repeats their stock calls. Keys and inboxes make it harmless to ' +
  'repeat too much';

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
  const repeat: Command = program
    .command('repeat')
    .description(repeatDescription)
    .argument('[id]', 'order id; instead of --since')
    .option('--since <time>', 'an ISO 8601 time with its zone, or how long ago: 30m, 2h, 1d', parseSince)
    .requiredOption('--reason <reason>', 'why, for those who read it later', parseReason)
    .option('--by <name>', 'who asks for it', parseReason)
    .action((id: string | undefined, { since, reason, by }: { since?: Date; reason: string; by?: string }) => {
      if (id !== undefined && since === undefined) return run({ kind: 'repeat', orders: { id }, reason, by });
      if (id === undefined && since !== undefined) return run({ kind: 'repeat', orders: { since }, reason, by });
      return repeat.error(`error: name ${id ? 'either an order or --since, not both' : 'an order, or use --since'}`);
    });
  return program;
}

const longest = 500;

function parseReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  if (text.length > longest)
    throw new InvalidArgumentError(`It has ${text.length} characters; use at most ${longest}.`);
  return text.trim();
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const isoTime = z.iso.datetime({ offset: true });

/** A time without a zone is rejected: operator and pod may be in different zones. */
function parseSince(text: string): Date {
  const [, count, unit] = text.match(/^(\d{1,6})(s|m|h|d)$/) ?? [];
  if (!unit && !isoTime.safeParse(text).success)
    throw new InvalidArgumentError('Use a time such as 2026-11-26T10:00:00Z, or how long ago: 30m, 2h, 1d.');
  const since = new Date(unit ? Date.now() - Number(count) * unitMs[unit as keyof typeof unitMs] : text);
  if (since.getTime() > Date.now()) throw new InvalidArgumentError('It is in the future.');
  return since;
}
