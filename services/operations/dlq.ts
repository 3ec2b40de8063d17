/** The program behind `npm run dlq`, which runs it in a pod of orders-worker, where Kafka can be reached. */

import { deadLetterCauses } from '../lib/messaging/dead-letter.ts';
import { readConfig } from '../lib/runtime/read-config.ts';
import { kafkaBrokers } from '../lib/runtime/variables.ts';
import { parseCommand } from './parse-command.ts';
import { type DlqCommand, runDlq } from './run-dlq.ts';
import { describeMessage, tabulate } from './show-messages.ts';

const help = `Usage: npm run dlq -- list [group]
       npm run dlq -- show <id>
       npm run dlq -- redrive <id>… | --all [--group <group>] | --cause <cause> [--group <group>]
       npm run dlq -- drop <id>…

The dead-letter messages of the consumer groups: messages that a service could not handle. An id is a group and a
number: notifications/17.

  list     the open messages, newest last
  show     one message with its value and headers
  redrive  sends the message back to its topic, for the group that gave it up and under its old event id: a service that
           has handled it in the meantime changes nothing. It arrives after later events of its order.
  drop     closes the message without doing anything

Causes: ${deadLetterCauses.join(', ')}.
A command may be repeated: a closed message stays closed, and a message that is redriven twice has one effect.

Exit code: 0 done, 1 failed or no such message, 2 wrong usage.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let command: DlqCommand | undefined;
  try {
    command = parseCommand(args);
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
    const messages = await runDlq(command, KAFKA_BROKERS);
    if (command.kind === 'list') console.log(tabulate(messages, Date.now()));
    else if (command.kind === 'show') console.log(messages.map(describeMessage).join('\n'));
    else
      console.log(
        messages.map(({ id }) => `${id} ${command.kind === 'drop' ? 'dropped' : 'redriven'}`).join('\n') || 'None.',
      );
    return 0;
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
