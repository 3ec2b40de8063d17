/** The program behind `npm run dlq`, which runs it in a pod of orders-worker, where Kafka can be reached. */

import { CommanderError } from 'commander';
import { readConfig } from '../lib/runtime/read-config.ts';
import { kafkaBrokers } from '../lib/runtime/variables.ts';
import { dlqCommandLine } from './command-line.ts';
import { type DlqCommand, runDlq } from './run-dlq.ts';
import { describeMessage, tabulate } from './show-messages.ts';

try {
  await dlqCommandLine(run).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

async function run(command: DlqCommand): Promise<void> {
  const { KAFKA_BROKERS } = readConfig({ KAFKA_BROKERS: kafkaBrokers }, process.env);
  const messages = await runDlq(command, KAFKA_BROKERS);
  if (command.kind === 'list') console.log(tabulate(messages, Date.now()));
  else if (command.kind === 'show') console.log(messages.map(describeMessage).join('\n'));
  else {
    const done = command.kind === 'drop' ? 'dropped' : 'redriven';
    console.log(messages.map(({ id }) => `${id} ${done}`).join('\n') || 'None.');
  }
}
