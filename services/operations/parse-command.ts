import { parseArgs } from 'node:util';
import { type DeadLetterCause, deadLetterCauses } from '../lib/messaging/dead-letter.ts';
import type { DlqCommand } from './run-dlq.ts';

/** @returns undefined for --help. @throws Error that says what is wrong with the arguments */
export function parseCommand(args: string[]): DlqCommand | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      all: { type: 'boolean' },
      cause: { type: 'string' },
      group: { type: 'string' },
    },
  });
  const [kind, ...rest] = positionals;
  if (values.help) return undefined;
  const { all = false, cause, group } = values;
  if (kind !== 'redrive' && (all || cause !== undefined || group !== undefined)) {
    throw new Error('--all, --cause and --group go with redrive only.');
  }
  switch (kind) {
    case 'list':
      if (rest.length > 1) throw new Error('list takes one group at most.');
      return { kind, group: rest[0] };
    case 'show':
      if (rest.length !== 1) throw new Error('show takes one id.');
      return { kind, ids: rest };
    case 'drop':
      if (rest.length === 0) throw new Error('drop takes an id, or several.');
      return { kind, ids: rest };
    case 'redrive':
      if (rest.length > 0 === (all || cause !== undefined)) throw new Error('redrive takes ids, or --all or --cause.');
      return rest.length > 0 ? { kind, ids: rest } : { kind: 'redrive-matching', group, cause: parseCause(cause) };
    default:
      throw new Error(kind === undefined ? 'Which command?' : `There is no command "${kind}".`);
  }
}

/** Rejects an unknown cause: it would match no message and look like an empty queue. */
function parseCause(cause: string | undefined): DeadLetterCause | undefined {
  const known = deadLetterCauses.find((one) => one === cause);
  if (cause === undefined || known !== undefined) return known;
  throw new Error(`There is no cause "${cause}". Known causes: ${deadLetterCauses.join(', ')}.`);
}
