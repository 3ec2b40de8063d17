/** Runs in a pod, which reaches Kafka: `npm run dlq` on the host starts it there. */
import { parseArgs } from 'node:util';
import { readConfig } from '../lib/config/read-config.ts';
import { kafkaBrokers } from '../lib/config/variables.ts';
import { type DlqCommand, runDlq } from './run-dlq.ts';
import { describeLetter, tabulate } from './show-letters.ts';

const help = `Usage: npm run dlq -- list [group]
       npm run dlq -- show <id>
       npm run dlq -- redrive <id>… | --all [--group <group>] | --cause <cause> [--group <group>]
       npm run dlq -- drop <id>…

The dead letters of the consumer groups: messages that a service could not handle. An id is a group and a number: notifications/17.

  list     those that nobody has dealt with yet, newest last
  show     one of them, with its value and headers
  redrive  sends the message back to its topic, for the group that gave it up and under its old event id: a service that
           has handled it in the meantime changes nothing. It comes after the later events of its order.
  drop     closes it without doing anything

Causes: not-a-cloudevent, unknown-version, bad-data, oversize, tombstone, attempts-exhausted, refused.
A command may be repeated: what is closed stays closed, what was redriven twice has one effect.

Exit code: 0 done, 1 failed or no such dead letter, 2 wrong usage.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let command: DlqCommand | undefined;
  try {
    command = parse(args);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${help}`);
    return 2;
  }
  if (!command) {
    console.log(help);
    return 0;
  }
  try {
    const { KAFKA_BROKERS } = readConfig({ KAFKA_BROKERS: kafkaBrokers }, process.env);
    const letters = await runDlq(command, KAFKA_BROKERS);
    if (command.kind === 'list') console.log(tabulate(letters, Date.now()));
    else if (command.kind === 'show') console.log(letters.map(describeLetter).join('\n'));
    else
      console.log(
        letters.map(({ id }) => `${id} ${command.kind === 'drop' ? 'dropped' : 'redriven'}`).join('\n') || 'None.',
      );
    return 0;
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

/** @returns undefined if help is asked for. @throws Error that says what is wrong */
function parse(args: string[]): DlqCommand | undefined {
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
      return rest.length > 0 ? { kind, ids: rest } : { kind: 'redrive-matching', group, cause };
    default:
      throw new Error(kind === undefined ? 'Which command?' : `There is no command "${kind}".`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
